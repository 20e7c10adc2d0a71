"""How words sound and how they are written: syllables, sound laws, scripts.

A word is a text of sounds, one letter each: vowels `aeiou`, consonants as in English, `S` as in ship, `C` as in chip,
`X` as in loch. Scripts write sounds down; only here do letters of Latin, Cyrillic or Georgian come in.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field

VOWELS = "aeiou"
CONSONANTS = "bdfghjklmnprstvwzSCX"


@dataclass(frozen=True)
class Syllables:
    """Which syllables a language has. A sound that stands twice in a text is twice as frequent.

    Args:
        onsets: What a syllable may begin with, separated by spaces.
        vowels: Its middle.
        codas: What the last syllable of a word may end in; `-` is nothing.
    """

    onsets: str
    vowels: str
    codas: str

    def word(self, rng: random.Random, syllables: int) -> str:
        """A random word."""
        onsets, vowels, codas = self.onsets.split(), self.vowels.split(), self.codas.split()
        body = "".join(rng.choice(onsets) + rng.choice(vowels) for _ in range(syllables))
        return body + rng.choice(codas).replace("-", "")


def _letters(sounds: str, letters: str) -> dict[str, str]:
    return dict(zip(sounds, letters.split(), strict=True))


_PLAIN = {sound: sound for sound in VOWELS + CONSONANTS}


@dataclass(frozen=True)
class Script:
    """A way to write sounds.

    Args:
        code: ISO 15924.
        letters: For each sound its letter or letters.
        cased: Whether sentences and names begin with a capital. Georgian capitals exist but do not do that.
        ending: Letters that look different at the end of a word.
    """

    code: str
    letters: Mapping[str, str]
    cased: bool = True
    ending: Mapping[str, str] = field(default_factory=dict)

    def spell(self, sounds: str) -> str:
        """The written word, in small letters."""
        word = "".join(self.letters[sound] for sound in sounds)
        return word[:-1] + self.ending.get(word[-1:], word[-1:])

    def capitalised(self, word: str) -> str:
        """A word, perhaps one of another script, as it begins a sentence."""
        return word[:1].title() + word[1:] if self.cased else word  # in title case Georgian letters stay as they are


_SOUNDS = VOWELS + CONSONANTS
LATIN = Script("Latn", _PLAIN | {"S": "sh", "C": "ch", "X": "kh"})
ACCENTED_LATIN = Script("Latn", _PLAIN | {"S": "š", "C": "č", "X": "ħ", "w": "ŵ"})
CYRILLIC = Script("Cyrl", _letters(_SOUNDS, "а е и о у б д ф г ґ й к л м н п р с т в ў з ш ч х"))
GREEK = Script("Grek", _letters(_SOUNDS, "α ε ι ο υ β δ φ γ χ η κ λ μ ν π ρ σ τ θ ω ζ ξ ψ χ"), ending={"σ": "ς"})
GEORGIAN = Script("Geor", _letters(_SOUNDS, "ა ე ი ო უ ბ დ ფ გ ჰ ჲ კ ლ მ ნ პ რ ს ტ ვ წ ზ შ ჩ ხ"), cased=False)
