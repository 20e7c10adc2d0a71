"""What holds for every format: its place in the registry, and encodings that depend on nothing but the example."""

from typing import Any

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from madx_stilts.formats import FORMATS, pieces
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task
from madx_stilts.tasks.text import MASKED_LM

Fields = dict[str, object]
LIMITS = Limits(24, 8)
LONG = "Nairobi ni mji mkuu wa Kenya. Watu wengi wanaishi huko. "
SAMPLES: dict[str, tuple[Task, list[tuple[Fields, object]]]] = {
    "pair": (
        TASKS["xnli"],
        [({"first": f"dog {'x ' * size}", "second": "an animal"}, "neutral") for size in (0, 30, 4, 9, 2)],
    ),
    "retrieval": (
        TASKS["tatoeba"],
        [({"id": size, "text": LONG * size, "gold": size}, None) for size in (1, 3, 0, 2, 5)],
    ),
    "choice": (
        TASKS["copa"],
        [({"context": LONG * size, "choices": ["a", "b c " * size]}, "choice2") for size in (1, 4, 2, 1, 3)],
    ),
    "span": (
        TASKS["squad_v2"],
        [
            ({"question": "wapi?", "context": LONG * size, "answers": [{"text": "Kenya", "answer_start": 23}]}, None)
            for size in (1, 3, 2, 1, 3)
        ],
    ),
    "tagging": (
        TASKS["panx"],
        [({"words": (LONG * size).split()}, ["O"] * len((LONG * size).split())) for size in (1, 3, 2, 1, 4)],
    ),
    "text": (MASKED_LM, [({"text": LONG * size}, None) for size in (1, 3, 2, 1, 4)]),
}


def encode(name: str, tokenizer: PreTrainedTokenizerFast, chosen: slice) -> Encoded:
    task, samples = SAMPLES[name]
    examples: list[Any] = [FORMATS[name].example(at, *sample, task) for at, sample in enumerate(samples)]
    return FORMATS[name].encode(examples[chosen], tokenizer, LIMITS, task)


def test_every_format_is_registered_under_its_name() -> None:
    assert sorted(FORMATS) == sorted(SAMPLES)
    assert all(FORMATS[name].name == name for name in FORMATS)


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_names_metrics_and_fields_of_its_format(name: str) -> None:
    task = TASKS[name]
    task_format = FORMATS[task.format]
    assert set(task.metrics) <= set(task_format.metrics)
    for source in (source for sources in task.sources.values() for source in sources):
        assert set(task_format.fields) <= source.fields.keys()
        assert source.fields.keys() <= {*task_format.fields, *task_format.optional_fields}


# Plain texts are packed: they share windows.
@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - {"text"}))
def test_an_encoding_does_not_depend_on_the_examples_beside_it(
    name: str, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = encode(name, tokenizer, slice(None))
    alone = [encode(name, tokenizer, slice(at, at + 1)) for at in range(5)]
    for key, values in together.tokens.items():
        assert values.tolist() == np.concatenate([one.tokens[key] for one in alone]).tolist()
    for key in set(together.rows) - {"example"}:
        assert together.rows[key].tolist() == np.concatenate([one.rows[key] for one in alone]).tolist()
    assert together.lengths.tolist() == np.concatenate([one.lengths for one in alone]).tolist()
    assert together.rows["example"].tolist() == [at for at in range(5) for _ in alone[at].lengths]
    monkeypatch.setattr(pieces, "CHUNK", 2)
    in_chunks = encode(name, tokenizer, slice(None))
    assert all((in_chunks.tokens[key] == together.tokens[key]).all() for key in together.tokens)
    assert all((in_chunks.rows[key] == together.rows[key]).all() for key in together.rows)


@pytest.mark.parametrize("name", sorted(SAMPLES))
def test_no_sequence_is_longer_than_the_limit_and_all_arrays_fit(name: str, tokenizer: PreTrainedTokenizerFast) -> None:
    encoded = encode(name, tokenizer, slice(None))
    assert encoded.lengths.max() <= LIMITS.max_tokens
    assert {len(values) for values in encoded.tokens.values()} == {int(encoded.bounds[-1])}
    assert {len(values) for values in encoded.rows.values()} == {len(encoded.bounds) - 1}
    assert {values.dtype for values in (*encoded.tokens.values(), *encoded.rows.values())} == {np.dtype(np.int32)}
    assert ("token_type_ids" in encoded.tokens) == ("token_type_ids" in tokenizer.model_input_names)
