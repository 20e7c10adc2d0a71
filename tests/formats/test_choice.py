"""Choices: a group of sequences per example, positions for labels."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import DataError
from madx_stilts.formats.base import IGNORED, Encoded, Limits
from madx_stilts.formats.choice import ChoiceExample, ChoiceFormat
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow

SIQA = TASKS["siqa"]
CHOICE = ChoiceFormat()
LIMITS = Limits(32)
CHOICES = ("went home", "stayed there", "slept")


def question(label: str | None = "2", choices: tuple[str, ...] = CHOICES, row: int = 0) -> ChoiceExample:
    return CHOICE.example(row, {"context": "It rained.", "choices": list(choices)}, label, SIQA)


def sequences(encoded: Encoded) -> list[list[int]]:
    return [part.tolist() for part in np.split(encoded.tokens["input_ids"], encoded.bounds[1:-1])]


def test_the_label_is_the_position_that_its_name_has_in_the_task() -> None:
    assert [question(name).label for name in SIQA.labels] == [0, 1, 2]
    assert question(None).label is None


def test_another_number_of_choices_than_the_task_has_is_a_bad_row() -> None:
    with pytest.raises(BadRow, match=r"it has 2 choices, expected 3 \(1, 2, 3\)"):
        question(choices=("a", "b"))


@pytest.mark.parametrize("choices", ["went home", None, ["a", "b", 3]])
def test_choices_that_are_no_list_of_texts_are_a_bad_row(choices: object) -> None:
    with pytest.raises(BadRow, match="field 'choices' holds"):
        CHOICE.example(0, {"context": "c", "choices": choices}, None, SIQA)


@pytest.mark.parametrize("blank", ["", " ", "\t\n"])
def test_blank_contexts_and_choices_are_encoded_as_the_tokenizer_itself_does_it(
    tokenizer: PreTrainedTokenizerFast, blank: str
) -> None:
    examples = [question(choices=("a", blank, "c")), replace(question(row=1), context=blank)]
    texts = [(example.context, choice) for example in examples for choice in example.choices]
    encoded = CHOICE.encode(examples, tokenizer, LIMITS, SIQA)
    assert sequences(encoded) == tokenizer([one for one, _ in texts], [other for _, other in texts])["input_ids"]


def test_each_choice_is_a_sequence_with_the_context_before_it(tokenizer: PreTrainedTokenizerFast) -> None:
    encoded = CHOICE.encode([question(), question("1")], tokenizer, LIMITS, SIQA)
    assert (encoded.group, len(encoded)) == (3, 2)
    assert sequences(encoded) == tokenizer(["It rained."] * 6, [*CHOICES, *CHOICES])["input_ids"]
    assert encoded.rows["example"].tolist() == [0, 0, 0, 1, 1, 1]
    assert encoded.rows["label"].tolist() == [1, 1, 1, 0, 0, 0]


def test_a_hidden_label_is_ignored(tokenizer: PreTrainedTokenizerFast) -> None:
    assert set(CHOICE.encode([question(None)], tokenizer, LIMITS, SIQA).rows["label"]) == {IGNORED}


@given(order=st.permutations(range(3)), label=st.sampled_from(SIQA.labels))
def test_choices_in_another_order_are_the_same_sequences_in_that_order(
    tokenizers: dict[str, PreTrainedTokenizerFast], order: list[int], label: str
) -> None:
    there = SIQA.labels[order.index(SIQA.labels.index(label))]
    plain = question(label)
    moved = question(there, tuple(CHOICES[at] for at in order))
    assert moved.label is not None
    assert plain.label is not None
    assert moved.choices[moved.label] == plain.choices[plain.label]
    left, right = (CHOICE.encode([one], tokenizers["bert_like"], LIMITS, SIQA) for one in (plain, moved))
    assert sequences(right) == [sequences(left)[at] for at in order]


def test_positions_are_decoded_scored_and_written() -> None:
    examples = [question("1"), question("3", row=1)]
    encoded = Encoded(np.zeros(7, dtype=np.int64), {}, {}, 3)
    predictions = CHOICE.decode({"logits": np.array([[3.0, 1, 2], [1, 3, 2]])}, encoded, examples, SIQA)
    assert predictions == [0, 1]
    assert CHOICE.score(predictions, examples, SIQA, "en") == {"accuracy": 50.0}
    assert [*CHOICE.prediction_rows(1, examples[1])] == [{"id": "1", "prediction": 1, "gold": 2}]
    with pytest.raises(DataError, match="no gold answer"):
        CHOICE.score([0], [question(None)], SIQA, "en")
