"""Plain text: windows side by side, no token lost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import UsageError
from madx_stilts.formats.base import Limits
from madx_stilts.formats.frame import frame_of_text
from madx_stilts.formats.text import TextExample, TextFormat
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.text import MASKED_LM

TEXT = TextFormat()


def text_of(content: str, row: int = 0) -> TextExample:
    return TEXT.example(row, {"text": content}, None, MASKED_LM)


@given(
    contents=st.lists(st.text(min_size=1).map("a".__add__), min_size=1, max_size=4),
    max_tokens=st.integers(4, 12),
    stride=st.integers(0, 12),
)
def test_windows_hold_every_token_once_and_in_order(
    tokenizer: PreTrainedTokenizerFast, contents: list[str], max_tokens: int, stride: int
) -> None:
    encoded = TEXT.encode([text_of(one) for one in contents], tokenizer, Limits(max_tokens, stride), MASKED_LM)
    frame = frame_of_text(tokenizer)
    found: list[list[int]] = [[] for _ in contents]
    windows = np.split(encoded.tokens["input_ids"], encoded.bounds[1:-1])
    for example, window in zip(encoded.rows["example"], windows, strict=True):
        inside = window[len(frame.before) : len(window) - len(frame.after)].tolist()
        assert frame.wrap(inside)["input_ids"] == window.tolist()
        assert len(window) <= max_tokens
        found[example] += inside
    assert found == tokenizer(contents, add_special_tokens=False)["input_ids"]


def test_a_text_without_tokens_is_a_bad_row(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(BadRow, match="field 'text' holds ''") as error:
        TEXT.encode([text_of("a"), text_of("", row=3)], tokenizer, Limits(16), MASKED_LM)
    assert error.value.row == 3


def test_a_text_needs_no_label_and_has_no_predictions() -> None:
    example = text_of("a")
    assert TEXT.labelled(example)
    with pytest.raises(UsageError, match="masked_lm is masked language modelling"):
        TEXT.score([None], [example], MASKED_LM, "en")
    with pytest.raises(UsageError, match="no predictions"):
        TEXT.prediction_rows(None, example)
