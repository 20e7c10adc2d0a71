"""Spans: gold answers survive windows and tokens, the best span wins, and "no answer" wins where it should."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import DataError, UsageError
from madx_stilts.formats.answers import Answer
from madx_stilts.formats.base import IGNORED, Encoded, Limits
from madx_stilts.formats.context import NOWHERE
from madx_stilts.formats.span import SpanExample, SpanFormat, SpanPrediction
from madx_stilts.formats.text import LEFT_OUT
from madx_stilts.metrics.squad import normalise
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.task import Task

V1, V2 = TASKS["squad_v1"], TASKS["squad_v2"]
SPAN = SpanFormat()
LIMITS = Limits(64, 16)

letters = st.text(alphabet=st.characters(categories=("L", "N")), min_size=1, max_size=6)
marks = st.sampled_from(["", "", "\u0301", "\u0302\u0301"])
scripts = st.sampled_from(
    ["fox", "Москва", "ﬁne", "１９８４", "مَكْتَبة", "北京", "กรุงเทพ", "हिन्दी", "👩\u200d👧", "한국", "d'été", "3,7"]
)
words = st.one_of(scripts, st.tuples(letters, marks).map("".join))


def asked(context: str, *answers: tuple[str, int | None], question: str = "who?", row: int = 0) -> SpanExample:
    return SpanExample(str(row), row, question, context, tuple(Answer(text, start) for text, start in answers))


def perfect(encoded: Encoded) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]:
    """What a model says that has learned the labels of every window; sure of an answer more than of none."""
    outputs = {}
    for name in ("start", "end"):
        outputs[name] = np.zeros(int(encoded.bounds[-1]), dtype=np.float32)
        right = encoded.bounds[:-1] + encoded.rows[name]
        outputs[name][right] = np.where(encoded.rows[name] == encoded.rows["null"], 5, 9)
    return outputs


def answers_of(examples: list[SpanExample], tokenizer: PreTrainedTokenizerFast, limits: Limits = LIMITS) -> list[str]:
    encoded = SPAN.encode(examples, tokenizer, limits, V2)
    assert encoded.lengths.max() <= limits.max_tokens
    return [prediction.text for prediction in SPAN.decode(perfect(encoded), encoded, examples, V2)]


def test_fields_are_read_and_wrong_places_mended() -> None:
    fields = {"question": "q", "context": "a b a", "answers": {"text": ["a"], "answer_start": [3]}}
    assert SPAN.example(4, fields, None, V1) == SpanExample("4", 4, "q", "a b a", (Answer("a", 4),))


def test_hidden_answers_and_no_answers_are_told_apart() -> None:
    fields: dict[str, object] = {"question": "q", "context": "c"}
    hidden = [SPAN.example(0, {**fields, **more}, None, V1) for more in ({}, {"answers": None})]
    none = SPAN.example(0, {**fields, "answers": {"text": [], "answer_start": []}}, None, V2)
    assert [example.answers for example in (*hidden, none)] == [None, None, ()]
    assert [SPAN.labelled(example) for example in (*hidden, none)] == [False, False, True]
    with pytest.raises(BadRow, match="it has no answer, and squad_v1 has no questions without one"):
        SPAN.example(0, {**fields, "answers": {"text": [], "answer_start": []}}, None, V1)


@given(before=st.lists(words, max_size=60), inside=st.lists(words, min_size=1, max_size=3), after=st.lists(words))
def test_answers_of_whole_words_survive_encoding_and_decoding(
    tokenizer: PreTrainedTokenizerFast, before: list[str], inside: list[str], after: list[str]
) -> None:
    start = sum(len(word) + 1 for word in before)
    example = asked(" ".join([*before, *inside, *after]), (" ".join(inside), start))
    encoded = SPAN.encode([example], tokenizer, Limits(80, 40), V1)
    whole = encoded.rows["start"] != encoded.rows["null"]
    # Answers of more tokens need not be whole in any window, and are never decoded.
    assume(whole.any() and (encoded.rows["end"] - encoded.rows["start"])[whole].max() < 30)
    decoded = SPAN.decode(perfect(encoded), encoded, [example], V1)[0].text
    assert normalise(decoded) == normalise(" ".join(inside))
    assert decoded == " ".join(inside)


@given(context=st.text(min_size=1, max_size=80), data=st.data())
def test_what_is_decoded_for_any_answer_is_the_characters_of_its_tokens(
    tokenizer: PreTrainedTokenizerFast, context: str, data: st.DataObject
) -> None:
    low = data.draw(st.integers(0, len(context) - 1))
    text = context[low : low + data.draw(st.integers(1, 8))]
    example = asked(context, (text, low))
    try:
        encoded = SPAN.encode([example], tokenizer, Limits(384, 128), V1)
    except BadRow as bad:
        assert bad.row == 0  # noqa: PT017 (a refusal is one of two right answers)
        return
    if LEFT_OUT in encoded.rows:
        # The tokenizer drops the whole answer.
        assert set(encoded.rows["start"]) == {IGNORED}
        return
    decoded = SPAN.decode(perfect(encoded), encoded, [example], V1)[0].text
    assert decoded
    assert decoded in context
    first = encoded.tokens["char_start"][encoded.bounds[0] + encoded.rows["start"][0]]
    again = replace(example, answers=(Answer(decoded, context.index(decoded, int(first))),))
    assert answers_of([again], tokenizer, Limits(384, 128)) == [decoded]


def test_a_context_of_many_windows_gives_every_answer_back(tokenizer: PreTrainedTokenizerFast) -> None:
    numbered = [f"w{number}" for number in range(400)]
    context = " ".join(numbered)
    asked_for = numbered[:-1:7]
    examples = [asked(context, (word, context.index(f"{word} ")), row=at) for at, word in enumerate(asked_for)]
    assert len(SPAN.encode(examples, tokenizer, LIMITS, V1)) > 10 * len(examples)
    assert answers_of(examples, tokenizer) == asked_for


@pytest.mark.parametrize(
    ("answer", "holding"),
    [
        pytest.param("c d e", [True, False, False, False], id="inside the first window"),
        pytest.param("g h", [True, True, False, False], id="where two windows overlap"),
        pytest.param("h i", [False, True, False, False], id="cut by the first window's end"),
        pytest.param("f g h i", [False, False, False, False], id="cut by both"),
        pytest.param("z", [False, False, False, True], id="at the end"),
    ],
)
def test_a_window_points_to_the_answer_only_if_it_holds_all_of_it(
    tokenizers: dict[str, PreTrainedTokenizerFast], answer: str, holding: list[bool]
) -> None:
    """Windows of 12 tokens, 3 special and 1 of the question: a-h, g-n, m-t, s-z."""
    context = " ".join("abcdefghijklmnopqrstuvwxyz")
    example = asked(context, (answer, context.index(answer)), question="a")
    encoded = SPAN.encode([example], tokenizers["bert_like"], Limits(12, 2), V2)
    char_start, char_end = encoded.tokens["char_start"], encoded.tokens["char_end"]
    start, end = (encoded.bounds[:-1] + encoded.rows[name] for name in ("start", "end"))
    assert encoded.rows["null"].tolist() == [0, 0, 0, 0]
    for window, holds in enumerate(holding):
        if holds:
            assert context[char_start[start[window]] : char_end[end[window]]] == answer
        else:
            assert (encoded.rows["start"][window], encoded.rows["end"][window]) == (0, 0)


@given(at=st.integers(0, 59), size=st.integers(1, 6))
def test_an_answer_not_longer_than_the_stride_is_whole_in_some_window(
    tokenizers: dict[str, PreTrainedTokenizerFast], at: int, size: int
) -> None:
    context = " ".join("x" * 66)
    text = " ".join("x" * size)
    encoded = SPAN.encode([asked(context, (text, 2 * at))], tokenizers["bert_like"], Limits(16, 6), V1)
    whole = encoded.rows["start"] != encoded.rows["null"]
    assert whole.any()
    first = encoded.tokens["char_start"][(encoded.bounds[:-1] + encoded.rows["start"])[whole]]
    last = encoded.tokens["char_end"][(encoded.bounds[:-1] + encoded.rows["end"])[whole]]
    assert set(first) == {2 * at}
    assert set(last) == {2 * at + len(text)}


def test_a_question_longer_than_the_window_is_cut(tokenizer: PreTrainedTokenizerFast) -> None:
    context = "It was the fox who jumped over the dog."
    long, longer = (asked(context, ("fox", 11), question="who was it " * times) for times in (100, 1000))
    assert answers_of([long, longer], tokenizer) == ["fox", "fox"]
    encoded = SPAN.encode([long, longer], tokenizer, Limits(384, 128), V1)
    assert (encoded.tokens["char_start"][64 : encoded.bounds[1]] != NOWHERE).any()
    assert len(encoded) == 2


@pytest.mark.parametrize(("max_tokens", "stride"), [(8, 0), (9, 1), (16, 10), (384, 128)])
def test_small_windows_still_show_the_whole_context(
    tokenizer: PreTrainedTokenizerFast, max_tokens: int, stride: int
) -> None:
    context = "one two three four five"
    example = asked(context, ("four", 14), question="which of these words is it, then?")
    encoded = SPAN.encode([example], tokenizer, Limits(max_tokens, stride), V1)
    places = zip(encoded.tokens["char_start"].tolist(), encoded.tokens["char_end"].tolist(), strict=True)
    shown = {at for start, end in places if start != NOWHERE for at in range(start, end)}
    assert "".join(context[at] for at in sorted(shown)) == context.replace(" ", "")
    assert encoded.lengths.max() <= max_tokens


def test_a_stride_that_leaves_no_room_is_refused(tokenizers: dict[str, PreTrainedTokenizerFast]) -> None:
    with pytest.raises(UsageError, match="With max_tokens 32, a stride of 28 leaves no room") as error:
        SPAN.encode([asked("a", ("a", 0))], tokenizers["xlmr_like"], Limits(32, 28), V1)
    assert error.value.hint == "Set the stride to 14 or less, or raise max_tokens."


@pytest.mark.parametrize("question", ["", " ", "\t\n"])
def test_a_blank_question_is_encoded_as_the_tokenizer_does_it_and_answered(
    tokenizer: PreTrainedTokenizerFast, question: str
) -> None:
    example = asked("a red fox", ("fox", 6), question=question)
    encoded = SPAN.encode([example], tokenizer, LIMITS, V1)
    assert encoded.tokens["input_ids"].tolist() == tokenizer([question], ["a red fox"])["input_ids"][0]
    assert answers_of([example], tokenizer) == ["fox"]


@pytest.mark.parametrize("context", ["", " ", "\u200b\n", "\ufeff"])
@pytest.mark.parametrize("task", [V1, V2], ids=["every question has an answer", "some have none"])
def test_to_a_blank_context_the_answer_is_empty_and_its_scores_are_numbers(
    tokenizers: dict[str, PreTrainedTokenizerFast], context: str, task: Task
) -> None:
    examples = [asked("a red fox", ("fox", 6)), SpanExample("1", 1, "who?", context, ())]
    encoded = SPAN.encode(examples, tokenizers["bert_like"], LIMITS, V2)
    predictions = SPAN.decode(perfect(encoded), encoded, examples, task)
    assert [prediction.text for prediction in predictions] == ["fox", ""]
    assert np.isfinite([(one.score, one.null_score) for one in predictions]).all()
    assert predictions[1].score == predictions[1].null_score


@pytest.mark.parametrize("mark", ["\ufeff", "\u200b", "\u200f", "\u2060", "\u202b", "\u061c", "\u00ad", "\x07"])
def test_no_answer_begins_with_what_shows_nothing(tokenizer: PreTrainedTokenizerFast, mark: str) -> None:
    """XQuAD has a U+FEFF before an answer in five languages."""
    context = f"so {mark}Rome{mark} is old"
    examples = [asked(context, ("Rome", 4)), asked(context, (f"{mark}Rome", 3), row=1)]
    assert answers_of(examples, tokenizer) == ["Rome", "Rome"]


def test_what_shows_nothing_stays_inside_an_answer(tokenizer: PreTrainedTokenizerFast) -> None:
    for answer in ("می\u200cخواهم", "क्\u200dष", "👩\u200d👧", "a\u00adb"):
        assert answers_of([asked(f"x {answer} y", (answer, 2))], tokenizer) == [answer]


@pytest.mark.parametrize("answer", ["ന്\u200d", "می\u200c", "🏴\U000e0067\U000e007f"])
def test_what_a_tokenizer_keeps_stays_at_the_end_of_an_answer(
    tokenizers: dict[str, PreTrainedTokenizerFast], answer: str
) -> None:
    """A joiner after a letter changes its shape; the flag of a country ends in a tag."""
    for name in ("xlmr_like", "byte_level"):
        assert answers_of([asked(f"x {answer} y", (answer, 2))], tokenizers[name]) == [answer]


def test_the_answer_that_has_a_place_and_tokens_is_trained_on(tokenizers: dict[str, PreTrainedTokenizerFast]) -> None:
    bad: list[tuple[str, int | None]] = [("\u200b", 1), ("B", None), ("", None)]
    assert answers_of([asked("a\u200b b", *bad, ("b", 3))], tokenizers["bert_like"]) == ["b"]


def test_a_question_whose_answers_have_no_place_or_no_tokens_is_scored_and_teaches_nothing(
    tokenizers: dict[str, PreTrainedTokenizerFast],
) -> None:
    texts: list[tuple[str, int | None]] = [("\u200b", 1), ("B", None), ("", None)]
    examples = [asked("a\u200b b", one, row=at) for at, one in enumerate(texts)]
    encoded = SPAN.encode([*examples, asked("a b", ("b", 2))], tokenizers["bert_like"], LIMITS, V1)
    assert encoded.rows["start"].tolist()[:3] == encoded.rows["end"].tolist()[:3] == [IGNORED] * 3
    assert encoded.rows["start"][3] != IGNORED
    assert encoded.rows[LEFT_OUT].tolist() == [3, 0, 0, 0]
    assert [SPAN.learnable(example) for example in examples] == [True, False, False]
    said = [SpanPrediction(text, 1.0, 0.0) for text in ("\u200b", "b", "the")]
    assert SPAN.score(said, examples, V1, "en")["exact_match"] == 100.0


def test_hidden_answers_are_ignored_in_training(tokenizer: PreTrainedTokenizerFast) -> None:
    encoded = SPAN.encode([SpanExample("0", 0, "q", "a b", None), asked("a b")], tokenizer, LIMITS, V2)
    assert encoded.rows["start"].tolist() == encoded.rows["end"].tolist() == [IGNORED, encoded.rows["null"][1]]


def test_scores_follow_the_definition_of_the_task() -> None:
    examples = [asked("a red fox", ("red fox", 2)), asked("a dog", row=1)]
    predictions = [SpanPrediction("the fox", 1.0, 0.0), SpanPrediction("", 0.0, 1.0)]
    assert SPAN.score(predictions[:1], examples[:1], V1, "en") == {"exact_match": 0.0, "f1": pytest.approx(200 / 3)}
    scores = SPAN.score(predictions, examples, V2, "en")
    assert (scores["exact_match"], scores["no_answer_f1"]) == (50.0, 100.0)
    assert set(scores) <= set(SPAN.metrics)
    with pytest.raises(DataError, match="Row 3 of squad_v1"):
        SPAN.score(predictions[:1], [SpanExample("3", 3, "q", "c", None)], V1, "en")


def test_the_script_of_mlqa_knows_the_articles_of_the_language() -> None:
    task = replace(V1, name="mlqa", script="mlqa")
    examples = [asked("das rote Haus", ("das rote Haus", 0))]
    for language, exact in (("de", 100.0), ("en", 0.0)):
        assert SPAN.score([SpanPrediction("rote Haus", 1.0, 0.0)], examples, task, language)["exact_match"] == exact


def test_korean_and_japanese_sets_are_scored_by_characters_as_their_own_scripts_do() -> None:
    particle = [SpanPrediction("서울에서", 1.0, 0.0)], [asked("서울에서 왔다", ("서울", 0))]
    assert SPAN.score(*particle, TASKS["korquad"], "ko") == {"exact_match": 0.0, "f1": pytest.approx(200 / 3)}
    assert SPAN.score(*particle, TASKS["germanquad"], "de") == {"exact_match": 0.0, "f1": 0.0}
    longer = [SpanPrediction("東京都。", 1.0, 0.0)], [asked("東京都。", ("東京都", 0))]
    assert SPAN.score(*longer, TASKS["jsquad"], "ja") == {"exact_match": 100.0, "f1": 100.0}


def test_a_prediction_is_written_with_its_scores_and_gold_answers() -> None:
    (row,) = SPAN.prediction_rows(SpanPrediction("fox", 2.0, 1.0), asked("a red fox", ("red fox", 2)))
    assert row == {"id": "0", "prediction": "fox", "score": 2.0, "null_score": 1.0, "gold": ["red fox"]}
    (row,) = SPAN.prediction_rows(SpanPrediction("", 2.0, 3.0), SpanExample("0", 0, "q", "c", None))
    assert "gold" not in row
