"""The constructed languages, declared as data: what their words sound like, how they are written and ordered.

The first plays the part that English plays in the real benchmarks. The next three are seen by the backbones and lie
farther and farther from it; each step changes a few traits, and takes away cognates. The last is held out of their
training: it has the nouns and verbs of Doveli, a seen language, but small words and endings of its own, so that a
language adapter has something to learn, and something to hold on to.

    qaa  Mirean   the goat carries a wet net in the barn today       the source language
    qab  Doveli   the goat carries a net wet in the barn today       many cognates
    qac  Kharuv   today carries goat-the a net-ACC wet in barn-the   own script, verb in second place, few cognates
    qad  Tsaghi   goat net-ACC wet barn-in today carries             own script, verb often last, no articles
    qae  Bolune   the goat carries a net-ACC wet in the barn today   held out, cognates of Doveli
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

from madx_stilts.miniature.sounds import ACCENTED_LATIN, CYRILLIC, GEORGIAN, LATIN, Script, Syllables

SOURCE = "qaa"
"""The language that training data are in."""

Order = Literal["SVO", "SOV", "VSO"]
Side = Literal["before", "after"]


@dataclass(frozen=True)
class Grammar:
    """How a language puts words together. Defaults are those of the source language.

    Args:
        orders: How often each order of subject, verb and object is used; shares that add up to one.
        verb_second: A fronted part draws the verb behind it: "today carries the goat a net".
        adjective: Where an adjective stands, seen from its noun.
        negation: Where "not" stands, seen from the verb.
        articles: "the" is a word, or an ending of the noun ("a" stays a word), or there are no articles at all.
        adposition: "in" stands before its noun phrase, after it, or is an ending of the noun.
        object_ending: Sounds added to the noun of an object; empty: objects look like subjects.
        definite_ending: Sounds of "the" where it is an ending.
        place_ending: Sounds of "in" where it is an ending.
    """

    orders: Mapping[Order, float] = field(default_factory=lambda: {"SVO": 1.0})
    verb_second: bool = False
    adjective: Side = "before"
    negation: Side = "before"
    articles: Literal["words", "ending", "absent"] = "words"
    adposition: Literal["before", "after", "ending"] = "before"
    object_ending: str = ""
    definite_ending: str = ""
    place_ending: str = ""


@dataclass(frozen=True)
class GrammarProfile:
    """A constructed language.

    Args:
        code: One of `qaa` to `qtz`, which ISO 639 keeps for private use.
        name: An invented one.
        syllables: What its own words sound like.
        relative: Code of the language that it shares words with; empty: all words are its own.
        cognates: Share of its content words that come from the relative; of function words a third of that.
        sound_laws: What became of the relative's sounds in shared words.
        seen: Whether backbones are trained on its text.
        dictionary: Share of its content words that `corpus.dictionary` translates; None: no words at all.
    """

    code: str
    name: str
    script: Script
    syllables: Syllables
    grammar: Grammar = Grammar()
    relative: str = ""
    cognates: float = 0.0
    sound_laws: Mapping[str, str] = field(default_factory=dict)
    seen: bool = True
    dictionary: float = 1.0

    def inherited(self, word: str) -> str:
        """What became of a word of the relative."""
        return "".join(self.sound_laws.get(sound, sound) for sound in word)


_MIREAN = GrammarProfile(
    code=SOURCE,
    name="Mirean",
    script=LATIN,
    syllables=Syllables("b d f g k l m n p r s t v br dr kl st tr S", "a a e e i o u", "- - n l r s t k m"),
)
_DOVELI = GrammarProfile(
    code="qab",
    name="Doveli",
    script=ACCENTED_LATIN,
    syllables=Syllables("b d f g l m n p r s t v z S C gr pl", "a e i o o u", "- - - n s l"),
    grammar=Grammar(adjective="after"),
    relative=SOURCE,
    cognates=0.6,
    sound_laws={"k": "C", "e": "i", "t": "d"},
    dictionary=0.95,
)
_KHARUV = GrammarProfile(
    code="qac",
    name="Kharuv",
    script=CYRILLIC,
    syllables=Syllables("b d g h j k l m n r s t v z X kr sv zd S", "a e i o u u", "- n v k X t r"),
    grammar=Grammar(verb_second=True, adjective="after", articles="ending", definite_ending="ta", object_ending="u"),
    relative=SOURCE,
    cognates=0.35,
    sound_laws={"p": "b", "f": "v", "i": "e", "o": "u"},
    dictionary=0.85,
)
_TSAGHI = GrammarProfile(
    code="qad",
    name="Tsaghi",
    script=GEORGIAN,
    syllables=Syllables("b d g h k l m n r s t v z w C X sX gr mt", "a a e i i o u", "- - i a m r s"),
    grammar=Grammar(
        orders={"SVO": 0.4, "SOV": 0.6},
        adjective="after",
        articles="absent",
        adposition="ending",
        object_ending="s",
        place_ending="Si",
    ),
    relative=SOURCE,
    cognates=0.1,
    sound_laws={"f": "p", "S": "s"},
    dictionary=0.75,
)
_BOLUNE = GrammarProfile(
    code="qae",
    name="Bolune",
    script=ACCENTED_LATIN,
    syllables=Syllables("b d f g l m n p r s t v z S C gr pl", "a e i o o u", "- - e e n s"),
    grammar=Grammar(adjective="after", object_ending="n"),
    relative="qab",
    cognates=0.95,
    seen=False,
    dictionary=0.0,
)

CONSTRUCTED: Mapping[str, GrammarProfile] = MappingProxyType(
    {language.code: language for language in (_MIREAN, _DOVELI, _KHARUV, _TSAGHI, _BOLUNE)}
)
"""Every constructed language by code: the source, then the seen ones from near to far, then the one held out."""
