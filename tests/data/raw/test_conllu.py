"""CoNLL-U treebanks become XTREME's sentences of written words."""

from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.data.raw.fused import Fused, SyntacticWord, precedence, written
from madx_stilts.errors import DataError
from madx_stilts.tasks.fields import Row

Read = Callable[..., list[Row]]


def line(number: int | str, form: str, tag: str = "_", head: int | str = "_", enhanced: str = "_") -> str:
    return "\t".join([str(number), form, "_", tag, "_", "_", str(head), "_", enhanced, "_"]) + "\n"


def sentence(*lines: str, comments: str = "") -> str:
    return comments + "".join(lines) + "\n"


ZUM = sentence(
    line(1, "Er", "PRON", 2),
    line(2, "geht", "VERB", 0),
    line("3-4", "zum"),
    line(3, "zu", "ADP", 5),
    line(4, "dem", "DET", 5),
    line(5, "See", "NOUN", 2),
)


def test_a_fused_form_is_one_word_with_the_tag_that_comes_first(read: Read) -> None:
    (row,) = read("conllu", {"de_gsd-ud-test.conllu": ZUM})
    assert row["tokens"] == ["Er", "geht", "zum", "See"]
    assert row["pos_tags"] == ["PRON", "VERB", "ADP", "NOUN"]


def test_the_same_words_are_one_where_a_later_release_has_a_fused_form_for_them(read: Read) -> None:
    words = [line(1, "do", "AUX", 3), line(2, "n't", "PART", 3), line(3, "go", "VERB", 0)]
    assert read("conllu", {"en_ewt-ud-dev.conllu": sentence(*words)})[0]["tokens"] == ["do", "n't", "go"]
    later = sentence(line("1-2", "don't"), *words)
    assert read("conllu", {"en_ewt-ud-dev.conllu": later}) == [
        {"tokens": ["don't", "go"], "pos_tags": ["AUX", "VERB"], "id": None}
    ]


def test_the_word_nearest_to_the_root_wins_before_tags_are_asked(read: Read) -> None:
    text = sentence(line("1-2", "нетушы"), line(1, "нет", "PUNCT", 0), line(2, "ушы", "VERB", 1))
    assert read("conllu", {"kk_ktb-ud-test.conllu": text})[0]["pos_tags"] == ["PUNCT"]


def test_the_beginning_of_the_name_tells_the_language_whose_order_of_tags_counts(read: Read) -> None:
    text = sentence(
        line(1, "va", "VERB", 0), line("2-3", "dudit"), line(2, "ledit", "NOUN", 1), line(3, "de", "PRON", 1)
    )
    assert read("conllu", {"fr_gsd-ud-test.conllu": text})[0]["pos_tags"] == ["VERB", "PRON"]
    assert read("conllu", {"ca_ancora-ud-test.conllu": text})[0]["pos_tags"] == ["VERB", "NOUN"]


def test_heads_of_the_enhanced_graph_count_as_ancestors_too(read: Read) -> None:
    """Without them the first word of "wanna" would win, for both hang from the root."""
    text = sentence(
        line(1, "I", "PRON", 2),
        line("2-3", "wanna"),
        line(2, "want", "VERB", 0, "0:root|1:x"),
        line(3, "na", "PART", 0, "0:root|3.1:x"),
        line("3.1", "go", "VERB"),
    )
    assert read("conllu", {"en_ewt-ud-test.conllu": text})[0]["pos_tags"] == ["PRON", "PART"]


def test_empty_nodes_are_no_words(read: Read) -> None:
    text = sentence(
        line("0.1", "(and)", "CCONJ"), line(1, "Go", "VERB", 0), line("1.1", "I", "PRON"), line(2, "!", "PUNCT", 1)
    )
    assert read("conllu", {"en.conllu": text})[0]["tokens"] == ["Go", "!"]


@pytest.mark.parametrize(
    ("forms", "kept"),
    [
        (["_"], False),
        (["_", "dog"], False),  # a real underscore goes with the hidden words
        (["The", "_", "_"], False),  # what is left of the French FTB
        (["The", "dog", "_"], True),
        (["a", "_", "b", "_"], True),
        (["dog"], True),
        (["_", "_", "_"], False),
    ],
)
def test_sentences_whose_words_are_hidden_are_left_out(read: Read, forms: list[str], kept: bool) -> None:
    text = sentence(*(line(number, form, "X", number - 1) for number, form in enumerate(forms, start=1)))
    assert len(read("conllu", {"fr_ftb-ud-test.conllu": text})) == kept


def test_spaces_and_zero_width_non_joiners_inside_words_are_taken_out(read: Read) -> None:
    text = sentence(line(1, "می\u200cرود", "VERB", 0), line(2, "10 000", "NUM", 1), line(3, " a\u00a0b\u00a0", "X", 1))
    assert read("conllu", {"fa_seraji-ud-test.conllu": text})[0]["tokens"] == ["میرود", "10000", "a\u00a0b"]


def test_a_sentence_has_the_id_of_its_comment_or_none(read: Read) -> None:
    word = line(1, "a", "X", 0)
    text = (
        "# a licence in a block of its own\n# sent_id = lost\n\n"
        + sentence(word, comments="# newdoc id = d\n# sent_id = test-s1\n# text = a = b\n")
        + sentence(word)
        + "\n"
    )
    assert [row["id"] for row in read("conllu", {"x.conllu": text})] == ["test-s1", None]


def test_windows_line_ends_and_a_byte_order_mark_change_nothing(read: Read) -> None:
    plain = read("conllu", {"de_a.conllu": ZUM})
    assert read("conllu", {"de_b.conllu": b"\xef\xbb\xbf" + ZUM.replace("\n", "\r\n").encode()}) == plain


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ZUM[:-1], "ends at line 6 without the blank line"),
        (ZUM[: ZUM.index("\tNOUN")], "line 6: it has 3 columns, CoNLL-U has 10"),
        (sentence(line(1, "a"), line(3, "b")), "line 2: it holds word '3', expected 2"),
        (sentence(line("2-1", "ab"), line(1, "a"), line(2, "b")), "line 1: it holds words '2-1'"),
        (sentence(line("1-2", "ab"), line(1, "a"), line("2-3", "b")), "line 3: it holds words '2-3'"),
        (sentence(line("1-2", "ab"), line(1, "a")), "line 3: the sentence ends at word 1, but 'ab' reaches to word 2"),
        ("plain text\n", "line 1: it has 1 columns"),
        (ZUM.encode("utf-16"), "line 1 is not UTF-8"),
    ],
)
def test_damage_is_told_with_its_line(read: Read, text: str | bytes, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read("conllu", {"de_gsd-ud-test.conllu": text})


TAGS = st.sampled_from(["VERB", "NOUN", "ADP", "DET", "PRON", "SYM"])  # SYM is in no order of tags
FORMS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=4)


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[SyntacticWord], list[Fused]]:
    """Words with any heads, circles too, and spans that do not overlap."""
    size = draw(st.integers(1, 8))
    heads = st.frozensets(st.integers(0, size), min_size=1, max_size=3)
    words = [SyntacticWord(draw(FORMS), draw(TAGS), draw(heads)) for _ in range(size)]
    cuts = sorted(draw(st.sets(st.integers(1, size), max_size=4)))
    spans = zip(cuts, [cut - 1 for cut in [*cuts[1:], size + 1]], strict=False)
    return words, [Fused(first, last, draw(FORMS)) for first, last in spans if draw(st.booleans())]


def winner(words: Sequence[SyntacticWord], span: Fused, order: Sequence[str]) -> SyntacticWord:
    """The word that wins a fused form, found by the closure of the whole graph."""
    numbers = range(len(words) + 1)
    above = [[number > 0 and head in words[number - 1].heads for head in numbers] for number in numbers]
    for middle in numbers:
        for low in numbers:
            for high in numbers:
                above[low][high] |= above[low][middle] and above[middle][high]
    inside = range(span.first, span.last + 1)
    depths = {number: sum(above[number][other] for other in numbers if other != number) for number in inside}
    nearest = [words[number - 1] for number in inside if depths[number] == min(depths.values())]
    ranked = [word for tag in order for word in nearest if word.tag == tag]
    return (ranked or nearest)[0]


@given(trees(), st.sampled_from(["de", "es", "fr", "it"]))
def test_each_span_leaves_one_word_with_its_form_and_the_winners_tag(
    tree: tuple[list[SyntacticWord], list[Fused]], language: str
) -> None:
    words, fused = tree
    order = precedence(language)
    starts = {span.first: span for span in fused}
    inside = {number for span in fused for number in range(span.first, span.last + 1)}
    expected = list[tuple[str, str]]()
    for number, word in enumerate(words, start=1):
        if number in starts:
            expected.append((starts[number].form, winner(words, starts[number], order).tag))
        elif number not in inside:
            expected.append((word.form, word.tag))
    assert written(words, fused, order) == expected


@given(st.lists(st.lists(st.tuples(FORMS.filter(lambda form: form != "_"), TAGS), min_size=1), max_size=4))
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
def test_sentences_without_fused_forms_come_back_as_they_were(
    read: Read, sentences: Sequence[Sequence[tuple[str, str]]]
) -> None:
    text = "# begin\n" + "".join(
        sentence(*(line(number, form, tag, 0) for number, (form, tag) in enumerate(words, start=1)))
        for words in sentences
    )
    rows = read("conllu", {"x.conllu": text})
    assert [[*zip(row["tokens"], row["pos_tags"], strict=True)] for row in rows] == sentences  # type: ignore[call-overload]
