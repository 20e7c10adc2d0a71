"""Pairs: two texts in one sequence, labels by name."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import DataError, UnknownName
from madx_stilts.formats.base import IGNORED, Limits
from madx_stilts.formats.pair import PairExample, PairFormat
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow

XNLI, QQP = TASKS["xnli"], TASKS["qqp"]
PAIR = PairFormat()
LIMITS = Limits(32)


def pair(first: str = "a dog", second: str = "an animal", label: str | None = "neutral", row: int = 0) -> PairExample:
    return PairFormat().example(row, {"first": first, "second": second}, label, XNLI)


def test_an_example_takes_its_row_for_an_id_where_the_data_have_none() -> None:
    assert pair(row=7).id == "7"
    assert PAIR.example(7, {"id": 3, "first": "a", "second": "b"}, None, XNLI).id == "3"


def test_a_field_that_is_no_text_is_a_bad_row() -> None:
    with pytest.raises(BadRow, match="field 'second' holds None, not a text"):
        PAIR.example(0, {"first": "a", "second": None}, None, XNLI)


@pytest.mark.parametrize("label", ["contradictory", 1])
def test_an_unknown_label_is_a_bad_row_that_lists_the_labels(label: object) -> None:
    with pytest.raises(BadRow, match=f"{label!r}, expected one of {', '.join(XNLI.labels)}"):
        PAIR.example(0, {"first": "a", "second": "b"}, label, XNLI)


BLANKS = ("", " ", "\t \n", "\u200b", "\u3000")


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_text_is_encoded_as_the_tokenizer_itself_does_it(
    tokenizer: PreTrainedTokenizerFast, blank: str
) -> None:
    texts = [(blank, "a dog"), ("a dog", blank), (blank, blank)]
    encoded = PAIR.encode([pair(*both) for both in texts], tokenizer, LIMITS, XNLI)
    expected = tokenizer([one for one, _ in texts], [other for _, other in texts])
    for name in set(tokenizer.model_input_names) - {"attention_mask"}:
        assert encoded.tokens[name].tolist() == [value for values in expected[name] for value in values]
    assert encoded.lengths.tolist() == list(map(len, expected["input_ids"]))


def test_a_pair_is_encoded_as_the_tokenizer_itself_does_it(tokenizer: PreTrainedTokenizerFast) -> None:
    texts = [("a dog", "an animal"), ("Nairobi ni mji " * 9, "Kenya"), ("Москва", "столица России " * 9)]
    encoded = PAIR.encode([pair(*both) for both in texts], tokenizer, LIMITS, XNLI)
    expected = tokenizer([a for a, _ in texts], [b for _, b in texts], truncation="longest_first", max_length=32)
    for name in set(tokenizer.model_input_names) - {"attention_mask"}:
        assert encoded.tokens[name].tolist() == [value for values in expected[name] for value in values]
    assert encoded.lengths.tolist() == list(map(len, expected["input_ids"]))
    assert encoded.group == 1


@given(labels=st.lists(st.sampled_from([*XNLI.labels, None]), min_size=1, max_size=8))
def test_label_names_survive_encoding_and_decoding(
    tokenizers: dict[str, PreTrainedTokenizerFast], labels: list[str | None]
) -> None:
    examples = [pair(label=label) for label in labels]
    encoded = PAIR.encode(examples, tokenizers["xlmr_like"], LIMITS, XNLI)
    assert [index == IGNORED for index in encoded.rows["label"]] == [label is None for label in labels]
    logits = np.eye(len(XNLI.labels))[np.maximum(encoded.rows["label"], 0)]
    decoded = PAIR.decode({"logits": logits}, encoded, examples, XNLI)
    assert [name for name, label in zip(decoded, labels, strict=True) if label] == [label for label in labels if label]


def test_the_score_has_the_metrics_of_the_task() -> None:
    labels = ("duplicate", "not_duplicate", "duplicate", "not_duplicate")
    examples = [PairExample(str(at), at, "a", "b", label) for at, label in enumerate(labels)]
    predictions = ["duplicate", "duplicate", "not_duplicate", "not_duplicate"]
    assert PAIR.score(predictions, examples, QQP, "en") == {"accuracy": 50.0, "f1": 50.0}


def test_an_example_without_gold_cannot_be_scored() -> None:
    examples = [pair(), pair(label=None, row=5)]
    assert [PAIR.labelled(example) for example in examples] == [True, False]
    with pytest.raises(DataError, match="Row 5 of xnli"):
        PAIR.score(["neutral", "neutral"], examples, XNLI, "en")


def test_a_metric_that_pairs_do_not_have_is_named() -> None:
    with pytest.raises(UnknownName, match="exact_match"):
        PAIR.score(["neutral"], [pair()], replace(XNLI, metrics=("exact_match",)), "en")


def test_a_prediction_is_written_with_its_gold_label_where_that_is_known() -> None:
    assert [*PAIR.prediction_rows("neutral", pair(label="entailment", row=3))] == [
        {"id": "3", "prediction": "neutral", "gold": "entailment"}
    ]
    assert [*PAIR.prediction_rows("neutral", pair(label=None))] == [{"id": "0", "prediction": "neutral"}]
