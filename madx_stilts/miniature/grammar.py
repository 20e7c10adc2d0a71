"""How a meaning is said: a clause becomes words in the order and with the endings of a language.

Each word knows its part of speech, its supertag, the name it belongs to, and which part of the meaning it says; these
are the gold labels of the tagging tasks and the answers of the questions.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from madx_stilts.miniature.languages import Grammar, Order
from madx_stilts.miniature.lexicon import FUNCTION, Lexicon
from madx_stilts.miniature.meaning import Clause, MeaningPhrase, Name
from madx_stilts.miniature.supertags import ADVERB, CONJUNCTION, DETERMINER, NOUN, QUESTION, adposition, modifier, verb

QUESTION_WORDS = {"place": "where", "time": "when", "action": "what", "cause": "why", "truth": "whether"}


class GrammarWord(NamedTuple):
    """One word of a sentence.

    Args:
        form: As it is written, in small letters.
        tag: Universal part of speech.
        supertag: Its category, as in a categorial grammar.
        entity: `O`, or `B-` or `I-` with what it names.
        part: The part of the clause that it says; empty for words that only hold others together.
        gloss: What it means.
    """

    form: str
    tag: str
    supertag: str
    entity: str = "O"
    part: str = ""
    gloss: str = ""


class Speaker:
    """Says clauses in one language.

    Args:
        lexicon: The words of the language.
        actors: Kinds that are asked for by "who"; others by "what".
    """

    def __init__(self, lexicon: Lexicon, actors: frozenset[str]) -> None:
        self._lexicon = lexicon
        self._grammar: Grammar = lexicon.language.grammar
        self._actors = actors
        self._forms: dict[tuple[str, str], str] = {}

    def words(self, clause: Clause) -> list[GrammarWord]:
        """The words of a clause, without its full stop or question mark."""
        first, rest = self._order(clause)
        said: list[GrammarWord] = []
        if clause.link:
            said.append(self._bound(clause.link, ADVERB if FUNCTION[clause.link] == "ADV" else "S/S"))
        places = [first, *rest] if first else rest
        for place in places:
            said.extend(self._slot(clause, place, places, leads=place == first))
        return said

    def phrase(self, phrase: MeaningPhrase) -> list[GrammarWord]:
        """The words of a noun phrase alone."""
        return list(self._phrase(phrase, ""))

    def _order(self, clause: Clause) -> tuple[str, list[str]]:
        """What stands first, if anything is moved there, and the places of the other parts."""
        core = {"S": "subject", "V": "verb", "O": "object"}
        has_object = clause.object is not None or bool(clause.state)
        order = self._favourite(clause.verb)
        places = [core[letter] for letter in order if letter != "O" or has_object]
        adverbs = [part for part in ("place", "time") if getattr(clause, part) is not None]
        end = len(places) - 1 if order.endswith("V") else len(places)
        places[end:end] = adverbs
        front = clause.asked or clause.fronted
        if not front:
            return "", places
        places = [place for place in places if place != front]
        if self._grammar.verb_second and front != "truth":
            places.remove("verb")
            places.insert(0, "verb")
        return front, places

    def _favourite(self, verb: str) -> Order:
        """The order in which a verb likes to stand: it is the verb that chooses, always in the same way."""
        share = sum(map(ord, verb)) * 0.618 % 1
        for order, weight in self._grammar.orders.items():
            share -= weight
            if share < 0:
                return order
        return order

    def _slot(self, clause: Clause, place: str, places: Sequence[str], *, leads: bool) -> Iterator[GrammarWord]:
        if leads and clause.asked:
            yield self._bound(self._question_word(clause), QUESTION[clause.asked])
        elif place == "verb":
            yield from self._verb(clause, places)
        elif place == "time":
            yield from self._time(clause.time, leads=leads)
        elif place == "place" and clause.place is not None:
            yield from self._place(clause.place, leads=leads)
        elif place == "subject":
            yield from self._phrase(clause.subject, "subject")
        elif clause.object is not None:
            yield from self._phrase(clause.object, "object", self._grammar.object_ending if clause.verb != "be" else "")
        else:
            yield GrammarWord(self._form(clause.state), "ADJ", "S[adj]", part="state", gloss=clause.state)

    def _question_word(self, clause: Clause) -> str:
        if clause.asked in QUESTION_WORDS:
            return QUESTION_WORDS[clause.asked]
        answer = clause.subject if clause.asked == "subject" else clause.object
        if answer is None:
            return "what"
        head = answer.head
        return "who" if (head.type == "PER" if isinstance(head, Name) else head in self._actors) else "what"

    def _verb(self, clause: Clause, places: Sequence[str]) -> Iterator[GrammarWord]:
        at = places.index("verb")
        sides = ["\\" if places.index(part) < at else "/" for part in ("subject", "object") if part in places]
        bound = clause.verb in FUNCTION
        form = self._form(clause.verb)
        tag = FUNCTION[clause.verb] if bound else "VERB"
        said = GrammarWord(form, tag, verb(sides, adjective=bool(clause.state)), part="verb", gloss=clause.verb)
        if not clause.negated:
            yield said
            return
        before = self._grammar.negation == "before"
        denial = self._bound("not", modifier("S\\NP", before=before))
        yield from (denial, said) if before else (said, denial)

    def _time(self, time: str | int | None, *, leads: bool) -> Iterator[GrammarWord]:
        if isinstance(time, int):
            if self._grammar.adposition == "before":
                yield self._bound("in", adposition(leads=leads, before=True))
            yield GrammarWord(str(time), "NUM", NOUN, part="time", gloss=str(time))
            if self._grammar.adposition == "after":
                yield self._bound("in", adposition(leads=leads, before=False))
        elif time is not None:
            yield GrammarWord(self._form(time), "ADV", "S/S" if leads else ADVERB, part="time", gloss=time)

    def _place(self, phrase: MeaningPhrase, *, leads: bool) -> Iterator[GrammarWord]:
        side = self._grammar.adposition
        if side == "before":
            yield self._bound("in", adposition(leads=leads, before=True))
        yield from self._phrase(phrase, "place", self._grammar.place_ending if side == "ending" else "")
        if side == "after":
            yield self._bound("in", adposition(leads=leads, before=False))

    def _phrase(self, phrase: MeaningPhrase, part: str, ending: str = "") -> Iterator[GrammarWord]:
        quantifier, articles = phrase.quantifier, self._grammar.articles
        as_ending = quantifier == "the" and articles == "ending"
        dropped = as_ending or (quantifier in ("a", "the") and articles == "absent")
        if quantifier and not dropped:
            # Where it is an ending it cannot be left out of an answer, and where there is none it cannot be in it.
            said = "" if quantifier in ("a", "the") else part
            yield self._bound(quantifier, DETERMINER, said)
        before = self._grammar.adjective == "before"
        if phrase.adjective and before:
            yield self._adjective(phrase.adjective, part)
        yield from self._noun(phrase.head, part, (self._grammar.definite_ending if as_ending else "") + ending)
        if phrase.adjective and not before:
            yield self._adjective(phrase.adjective, part)
        if phrase.also is not None:
            yield self._bound("and", CONJUNCTION, part)
            yield from self._phrase(phrase.also, part, ending)

    def _adjective(self, gloss: str, part: str) -> GrammarWord:
        before = self._grammar.adjective == "before"
        return GrammarWord(self._form(gloss), "ADJ", modifier(NOUN, before=before), part=part, gloss=gloss)

    def _noun(self, head: str | Name, part: str, ending: str) -> Iterator[GrammarWord]:
        if isinstance(head, str):
            yield GrammarWord(self._form(head, ending), "NOUN", NOUN, part=part, gloss=head)
            return
        last = head.parts[-1]
        for number, gloss in enumerate(head.parts):
            form = self._lexicon.language.script.capitalised(self._form(gloss, ending if gloss is last else ""))
            category = NOUN if gloss is last else modifier(NOUN, before=True)
            yield GrammarWord(form, "PROPN", category, f"{'I' if number else 'B'}-{head.type}", part, gloss)

    def _bound(self, gloss: str, supertag: str, part: str = "") -> GrammarWord:
        """A word that holds others together."""
        return GrammarWord(self._form(gloss), FUNCTION[gloss], supertag, part=part, gloss=gloss)

    def _form(self, gloss: str, ending: str = "") -> str:
        form = self._forms.get((gloss, ending))
        if form is None:
            form = self._forms[gloss, ending] = self._lexicon.spelled(gloss, ending)
        return form
