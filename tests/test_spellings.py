"""Codes of one language meet, those of different languages do not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from madx_stilts.languages import LANGUAGES, is_constructed
from madx_stilts.spellings import canonical, meeting, same
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.retrieval import ISO3

CODES = st.sampled_from(list(LANGUAGES))
WRITTEN = st.sampled_from(["swa", "swh", "cmn", "zho", "quy", "quz", "iw", "pes", "xx", "qaa", "zh-Hans", "SW", ""])
RELATED = {frozenset(("qu", "quy"))}


@pytest.mark.parametrize(
    ("ours", "others"),
    [
        ("sw", "swa swh SW sw-KE swh_Latn"),
        ("zh", "zho chi cmn zh-Hans zh-CN zh-Hant-TW cmn_Hani"),
        ("fa", "fas per pes pes_Arab"),
        ("ar", "ara arb arb-Arab"),
        ("he", "heb iw"),
        ("id", "ind in"),
        ("jv", "jav jw"),
        ("tl", "tgl fil"),
        ("et", "est ekk"),
        ("ms", "msa may zsm"),
        ("no", "nor nb nob"),
        ("or", "ori ory"),
        ("gn", "grn gug"),
        ("ay", "aym ayr"),
        ("de", "deu ger de-AT"),
        ("quy", "quy_Latn"),
        ("es", "spa es-419"),
    ],
)
def test_other_spellings_of_a_language_are_known(ours: str, others: str) -> None:
    assert ours in LANGUAGES
    assert {canonical(other) for other in (ours, *others.split())} == {ours}
    assert [meeting(other, [ours, "en"]) for other in others.split()] == [ours] * len(others.split())


@pytest.mark.parametrize("code", ["xx", "als", "nn", "zh-yue", "zh-min-nan", "roa-rup", "en.s1", "qaa", "", "english"])
def test_what_is_no_spelling_of_a_known_language_stays_as_it_is(code: str) -> None:
    assert canonical(code) == code


def test_the_codes_of_all_sources_are_spellings_of_ours() -> None:
    """AmericasNLI, MasakhaNER, Tatoeba and the others name languages by codes; English names are no codes."""
    codes = {
        (ours, theirs)
        for task in TASKS.values()
        for sources in (*task.sources.values(), *task.candidates.values())
        for source in sources
        for ours, theirs in source.codes.items()
        if len(theirs) <= 3
    }
    assert {*ISO3.items()} < codes
    assert [(ours, theirs) for ours, theirs in codes if canonical(theirs) != ours] == []


@given(CODES, CODES)
def test_different_languages_meet_only_as_macrolanguage_and_member(one: str, other: str) -> None:
    assert canonical(one) == one
    assert same(one, [other]) == (one if one == other else None)
    met = meeting(one, [other])
    assert met == (other if one == other or {one, other} in RELATED else None)


@given(st.one_of(CODES, WRITTEN, st.text(max_size=12)))
def test_our_code_is_the_same_for_our_code(code: str) -> None:
    assert canonical(canonical(code)) == canonical(code)


@given(st.one_of(CODES, WRITTEN), st.lists(st.one_of(CODES, WRITTEN), max_size=5))
def test_the_exact_code_wins_over_a_spelling_and_a_spelling_over_a_relative(code: str, known: list[str]) -> None:
    found = meeting(code, known)
    assert found is None or found in known
    if code in known:
        assert found == code
    elif canonical(code) in known:
        assert found == canonical(code)
    assert meeting(code, known[::-1]) == found


def test_quechua_of_two_data_sets_meets_but_two_members_do_not() -> None:
    assert meeting("quy", ["qu", "sw"]) == "qu"
    assert meeting("que", ["quy", "sw"]) == "quy"
    assert meeting("quy", ["quz", "sw"]) is None
    assert meeting("quy", ["qu", "quy"]) == "quy"
    assert same("quy", ["qu"]) is None


def test_of_several_that_meet_equally_none_is_taken() -> None:
    assert meeting("qu", ["quy", "quz"]) is None
    assert same("sw", ["swa", "swh"]) is None


def test_constructed_languages_meet_only_themselves() -> None:
    code = "qaa"
    assert is_constructed(code)
    assert meeting(code, ["qab", "qu", "quy"]) is None
