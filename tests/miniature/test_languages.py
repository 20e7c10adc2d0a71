"""Languages of their own, nearer to the source and farther from it; each says things by its own grammar."""

import re
from itertools import pairwise

import pytest

from madx_stilts.languages import LANGUAGES
from madx_stilts.miniature.distance import distance, grammatical, lexical
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.miniature.meaning import Clause, MeaningPhrase, Name
from madx_stilts.miniature.text import Voice, voices
from madx_stilts.miniature.world import MiniatureWorld

GOAT = Clause(
    MeaningPhrase("goat", "the"),
    "carry",
    MeaningPhrase("net", "a", "wet"),
    place=MeaningPhrase("barn", "the"),
    time="today",
)
SAID = {
    "qaa": "the goat carry a wet net in the barn today",
    "qab": "the goat carry a net wet in the barn today",
    "qac": "goat carry a net wet in barn today",
    "qad": "goat net wet barn today carry",
    "qae": "the goat carry a net wet in the barn today",
}
TODAY_FIRST = {
    "qaa": "today the goat carry a wet net in the barn",
    "qab": "today the goat carry a net wet in the barn",
    "qac": "today carry goat a net wet in barn",
    "qad": "today goat net wet barn carry",
    "qae": "today the goat carry a net wet in the barn",
}


@pytest.fixture(scope="module", params=list(CONSTRUCTED))
def voice(request: pytest.FixtureRequest, world: MiniatureWorld) -> Voice:
    return voices(world, (request.param,))[0]


def test_codes_are_private_and_names_are_nobodys() -> None:
    assert all(re.fullmatch("q[a-t][a-z]", code) for code in CONSTRUCTED)
    real = {language.name for language in LANGUAGES.values()}
    assert real.isdisjoint(language.name for language in CONSTRUCTED.values())


def test_seen_languages_lie_farther_and_farther_from_the_source_in_grammar_and_in_words(world: MiniatureWorld) -> None:
    seen = [language for language in CONSTRUCTED.values() if language.seen]
    assert seen[0].code == SOURCE
    source = seen[0]
    for near, far in pairwise(seen):
        assert grammatical(source.grammar, near.grammar) < grammatical(source.grammar, far.grammar)
        assert lexical(world, source, near) < lexical(world, source, far)


def test_distance_is_symmetrical_and_zero_only_to_itself(world: MiniatureWorld) -> None:
    for one in CONSTRUCTED:
        for other in CONSTRUCTED:
            assert distance(world, one, other) == pytest.approx(distance(world, other, one), abs=0.01)
            assert (distance(world, one, other) == 0) == (one == other)


def test_the_held_out_language_is_nearer_to_its_relative_than_to_any_other(world: MiniatureWorld) -> None:
    (held_out,) = [language for language in CONSTRUCTED.values() if not language.seen]
    others = [code for code in CONSTRUCTED if code != held_out.code]
    assert min(others, key=lambda code: distance(world, held_out.code, code)) == held_out.relative


def test_each_language_has_its_own_order_of_words(voice: Voice) -> None:
    code = voice.language.code
    assert [word.gloss for word in voice.sentence(GOAT).words[:-1]] == SAID[code].split()
    fronted = Clause(GOAT.subject, "carry", GOAT.object, place=GOAT.place, time="today", fronted="time")
    assert [word.gloss for word in voice.sentence(fronted).words[:-1]] == TODAY_FIRST[code].split()


def test_text_looks_like_text(voice: Voice) -> None:
    text = voice.say(GOAT, GOAT.ask("object"))
    assert re.fullmatch(r"[^.?]+[^ .?]\. [^.?]+[^ .?]\?", text)
    if voice.language.script.cased:
        assert text[0].isupper()
        assert text[1:].count(text[1:].lower()) == 0 or text.split(". ")[1][0].isupper()
    name = Clause(MeaningPhrase(Name(("given-1", "family-1"), "PER")), "be", state="wet")
    first, second, *_ = voice.sentence(name).words
    assert first.form[0].isupper() == second.form[0].isupper() == voice.language.script.cased


def test_the_span_of_a_part_holds_the_words_of_that_part(voice: Voice) -> None:
    sentence = voice.sentence(GOAT)
    for part in ("subject", "verb", "object", "place", "time"):
        start, end = sentence.span(part)
        words = [word.form for word in sentence.words if word.part == part]
        assert sentence.text[start:end] == " ".join(words) != ""


def test_an_answer_holds_the_same_words_in_every_language_and_no_article(world: MiniatureWorld) -> None:
    for part in ("subject", "object", "place"):
        said = {
            tuple(sorted(word.gloss for word in voice.sentence(GOAT).words if word.part == part))
            for voice in voices(world)
        }
        assert len(said) == 1
        assert {"a", "the"}.isdisjoint(*said)


def test_only_the_words_asked_for_are_missing_from_a_question(voice: Voice) -> None:
    question = [word.gloss for word in voice.sentence(GOAT.ask("place")).words]
    assert "where" in question
    assert "barn" not in question
    assert {"goat", "carry", "net", "wet", "today"} <= {*question}


def test_supertags_tell_on_which_side_a_verb_finds_its_parts(voice: Voice) -> None:
    (verb,) = [word for word in voice.sentence(GOAT).words if word.part == "verb"]
    assert verb.supertag == (r"(S\NP)\NP" if voice.language.code == "qad" else r"(S\NP)/NP")


def test_endings_say_object_place_and_the(world: MiniatureWorld) -> None:
    (tsaghi,) = voices(world, ("qad",))
    spelled = tsaghi.lexicon.spelled
    forms = [word.form for word in tsaghi.sentence(GOAT).words]
    assert spelled("net", "s") in forms
    assert spelled("barn", "Si") in forms
    assert spelled("goat") in forms


def test_verbs_of_a_language_with_two_orders_choose_one_each(world: MiniatureWorld) -> None:
    (tsaghi,) = voices(world, ("qad",))
    last = 0
    for verb in world.verbs:
        words = tsaghi.sentence(Clause(MeaningPhrase("goat", "a"), verb.gloss, MeaningPhrase("net", "a"))).words
        last += words[-2].part == "verb"
    assert 0 < last < len(world.verbs)
