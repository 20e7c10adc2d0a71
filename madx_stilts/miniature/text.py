"""From words to text as it is written: capitals, full stops, one sentence after another, and where each part stands."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from madx_stilts.miniature.grammar import GrammarWord, Speaker
from madx_stilts.miniature.languages import CONSTRUCTED, GrammarProfile
from madx_stilts.miniature.lexicon import lexicon
from madx_stilts.miniature.meaning import Clause, MeaningPhrase
from madx_stilts.miniature.world import MiniatureWorld


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its full stop or question mark.

    Args:
        words: With the mark as the last one; the first has its capital.
        text: As it is written.
    """

    words: tuple[GrammarWord, ...]
    text: str

    def span(self, part: str) -> tuple[int, int]:
        """Where the words of a part of the clause begin and end in the text; they stand side by side."""
        start = end = at = 0
        for word in self.words[:-1]:
            if word.part == part:
                start, end = (start if end else at), at + len(word.form)
            at += len(word.form) + 1
        return start, end


class Voice:
    """Writes meanings down in one language of one world."""

    def __init__(self, world: MiniatureWorld, language: GrammarProfile) -> None:
        self.language = language
        self.lexicon = lexicon(world.seed, language.code)
        self._speaker = Speaker(self.lexicon, world.actors)

    def sentence(
        self, said: Clause | MeaningPhrase, change: Callable[[GrammarWord], GrammarWord] | None = None
    ) -> Sentence:
        """A clause as a sentence, or a noun phrase as a sentence of its own.

        Args:
            change: What is done to each word first.
        """
        words = self._speaker.words(said) if isinstance(said, Clause) else self._speaker.phrase(said)
        if change is not None:
            words = [change(word) for word in words]
        words[0] = words[0]._replace(form=self.language.script.capitalised(words[0].form))
        mark = "?" if isinstance(said, Clause) and said.asked else "."
        text = " ".join(word.form for word in words) + mark
        return Sentence((*words, GrammarWord(mark, "PUNCT", mark)), text)

    def say(self, *clauses: Clause) -> str:
        """Clauses as a text, a sentence each."""
        return " ".join(self.sentence(clause).text for clause in clauses)

    def answer(self, answer: Clause | MeaningPhrase) -> str:
        """A whole sentence, or a noun phrase alone."""
        return self.say(answer) if isinstance(answer, Clause) else self.phrase(answer)

    def phrase(self, phrase: MeaningPhrase) -> str:
        """A noun phrase alone, as a short answer gives it."""
        return " ".join(word.form for word in self._speaker.phrase(phrase))


def voices(world: MiniatureWorld, codes: Iterable[str] = tuple(CONSTRUCTED)) -> Sequence[Voice]:
    """A voice for each language."""
    return [_voice(world.seed, code) for code in codes]


@cache
def _voice(seed: int, code: str) -> Voice:
    return Voice(MiniatureWorld(seed), CONSTRUCTED[code])
