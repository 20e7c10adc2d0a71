"""Which answer is decoded: logits made by hand for `[CLS] a [SEP] a b c d [SEP]`."""

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from madx_stilts.formats.base import Limits
from madx_stilts.formats.span import SpanExample, SpanFormat, SpanPrediction
from madx_stilts.tasks import TASKS

V1, V2 = TASKS["squad_v1"], TASKS["squad_v2"]
SPAN = SpanFormat()
LIMITS = Limits(64, 16)


@pytest.fixture
def example() -> SpanExample:
    return SpanExample("0", 0, "a", "a b c d", ())


def decode(
    tokenizer: PreTrainedTokenizerFast,
    example: SpanExample,
    limits: Limits,
    scores: dict[str, dict[tuple[int, int], float]],
    threshold: float = 0.0,
) -> SpanPrediction:
    """Scores are given by window and position in it; all others are 0."""
    encoded = SPAN.encode([example], tokenizer, limits, V2)
    outputs = {name: np.zeros(int(encoded.bounds[-1]), dtype=np.float32) for name in ("start", "end")}
    for name, values in scores.items():
        for (window, position), value in values.items():
            outputs[name][encoded.bounds[window] + position] = value
    (prediction,) = SpanFormat(null_threshold=threshold).decode(outputs, encoded, [example], V2)
    return prediction


def test_only_tokens_of_the_context_are_answers(
    tokenizers: dict[str, PreTrainedTokenizerFast], example: SpanExample
) -> None:
    """The question's a and the last [SEP] have the highest scores."""
    scores = {"start": {(0, 1): 9.0, (0, 4): 3.0}, "end": {(0, 1): 9.0, (0, 7): 9.0, (0, 5): 3.0}}
    assert decode(tokenizers["bert_like"], example, LIMITS, scores)[:3] == ("b c", 6.0, 0.0)


def test_an_end_before_its_start_is_no_answer(
    tokenizers: dict[str, PreTrainedTokenizerFast], example: SpanExample
) -> None:
    scores = {"start": {(0, 6): 4.0, (0, 3): 1.0}, "end": {(0, 3): 5.0}}
    assert decode(tokenizers["bert_like"], example, LIMITS, scores)[:3] == ("a", 6.0, 0.0)


def test_an_answer_has_at_most_thirty_tokens(tokenizers: dict[str, PreTrainedTokenizerFast]) -> None:
    example = SpanExample("0", 0, "a", " ".join("x" * 50), ())
    for last, size in ((32, 30), (33, 1)):
        scores = {"start": {(0, 3): 4.0}, "end": {(0, last): 4.0}}
        text = decode(tokenizers["bert_like"], example, Limits(64), scores).text
        assert text == " ".join("x" * size)


@pytest.mark.parametrize(("threshold", "text"), [(-3.0, ""), (0.0, ""), (1.9, ""), (2.0, "b"), (5.0, "b")])
def test_no_answer_must_beat_the_best_span_by_the_threshold(
    tokenizers: dict[str, PreTrainedTokenizerFast], example: SpanExample, threshold: float, text: str
) -> None:
    scores = {"start": {(0, 0): 4.0, (0, 4): 3.0}, "end": {(0, 0): 4.0, (0, 4): 3.0}}
    prediction = decode(tokenizers["bert_like"], example, LIMITS, scores, threshold)
    assert prediction[:3] == (text, 6.0, 8.0)


def test_no_answer_counts_as_in_the_window_that_denies_it_most(
    tokenizers: dict[str, PreTrainedTokenizerFast], example: SpanExample
) -> None:
    """[CLS] a [SEP] a b [SEP] and [CLS] a [SEP] c d [SEP]; the first is sure that it holds nothing."""
    scores = {"start": {(0, 0): 9.0, (1, 0): 1.0, (1, 4): 3.0}, "end": {(0, 0): 9.0, (1, 0): 1.0, (1, 4): 3.0}}
    assert decode(tokenizers["bert_like"], example, Limits(6), scores)[:3] == ("d", 6.0, 2.0)


def test_where_every_question_has_an_answer_one_is_given(
    tokenizers: dict[str, PreTrainedTokenizerFast], example: SpanExample
) -> None:
    encoded = SPAN.encode([example], tokenizers["bert_like"], LIMITS, V1)
    outputs = {name: np.zeros(int(encoded.bounds[-1]), dtype=np.float32) for name in ("start", "end")}
    outputs["start"][0] = outputs["end"][0] = 9.0
    assert SPAN.decode(outputs, encoded, [example], V1)[0].text == "a"
