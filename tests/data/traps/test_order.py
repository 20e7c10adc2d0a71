"""Rows come in the order of the benchmark's own files, by which XTREME scores a submission line by line."""

import json
from typing import Any

import pytest

from madx_stilts.report.kinds import ANSWERS, PAIRS, RANKINGS
from madx_stilts.report.layout import LAYOUTS
from madx_stilts.tasks import TASKS

WORDS = ("zebra", "ape", "Mole")
"""In no order that sorting gives."""


def xnli() -> str:
    """All languages are in one file, one after another for each pair or not."""
    rows = [f"{code}\tneutral\t{word} {code}\tb" for word in WORDS for code in ("sw", "de")]
    return "\n".join(["language\tgold_label\tsentence1\tsentence2", *rows, ""])


FILES = {
    "xnli": ("xnli/xnli.test.tsv", xnli()),
    "paws_x": (
        "pawsx/x-final/de/test_2k.tsv",
        "".join(["id\tsentence1\tsentence2\tlabel\n", *(f"{9 - at}\t{word}\tb\t1\n" for at, word in enumerate(WORDS))]),
    ),
    "panx": ("panx/de/test", "".join(f"de:{word}\tO\n\n" for word in WORDS)),
    "udpos": (
        "ud/UD_German-GSD/de_gsd-ud-test.conllu",
        "".join(f"1\t{word}\t_\tX\t_\t_\t0\t_\t_\t_\n\n" for word in WORDS),
    ),
    "xcopa": (
        "xcopa/data/it/test.it.jsonl",
        "".join(
            json.dumps(
                {"premise": word, "choice1": "a", "choice2": "b", "question": "cause", "label": 0, "idx": 9 - at}
            )
            + "\n"
            for at, word in enumerate(WORDS)
        ),
    ),
    "tatoeba": ("tatoeba/tatoeba.deu-eng.deu", "".join(f"{word}\n" for word in WORDS)),
}
LANGUAGES = {"xcopa": "it"}


@pytest.mark.parametrize("name", FILES)
def test_rows_come_as_they_are_in_the_file(reading: Any, name: str) -> None:
    file, text = FILES[name]
    also = {"tatoeba/tatoeba.deu-eng.eng": text} if name == "tatoeba" else {}
    examples = reading.files(name, {file: text, **also}, split="test", language=LANGUAGES.get(name, "de"))
    shown = [str(example) for example in examples.items]
    assert [[word for word in WORDS if word in one] for one in shown] == [[word] for word in WORDS]
    assert [example.row for example in examples.items] == sorted(example.row for example in examples.items)


def test_the_other_tasks_of_the_benchmarks_are_submitted_by_id() -> None:
    by_id = {name for name, layout in LAYOUTS.items() if layout.kind in (ANSWERS, PAIRS, RANKINGS)}
    assert by_id | {*FILES} == {*LAYOUTS} & {*TASKS}
    assert not by_id & {*FILES}
