"""An evaluation reads everything before it computes anything, and keeps what is done when it cannot go on."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from madx_stilts.data.sources import DataSources
from madx_stilts.errors import AdapterError, DataError
from madx_stilts.score import predict, reading
from madx_stilts.score.context import EvalContext
from madx_stilts.score.evaluate import evaluate
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.score.progress import ProgressLines
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS

StackOf = Callable[..., Stack]
XNLI, XQUAD = TASKS["xnli"], TASKS["xquad"]
STACK = ("intermediate/snli", "target/xnli+snli")


class Watch:
    """Hears of languages, batches and results; raises where it is asked to."""

    def __init__(self, stop_in: str = "", error: type[BaseException] = KeyboardInterrupt) -> None:
        self.stop_in, self.error = stop_in, error
        self.languages: list[str] = []
        self.batches: list[tuple[str, int]] = []
        self.results: list[Evaluation] = []

    def language(self, language: str) -> None:
        self.languages.append(language)

    def batch(self, done: int, batches: int) -> None:
        self.batches.append((self.languages[-1], done))
        if self.languages[-1] == self.stop_in:
            raise self.error

    def scored(self, results: Sequence[Evaluation]) -> None:
        self.results.append(results[0])

    def on(self, context: EvalContext) -> EvalContext:
        return replace(context, on_language=self.language, on_batch=self.batch, on_scored=self.scored)


@pytest.fixture
def mine(context: EvalContext, tiny_mirror: Path, tmp_path: Path) -> EvalContext:
    """The bench, with data that a test may damage."""
    for name in ("facebook/xnli", "google/xquad"):
        shutil.copytree(tiny_mirror / name, tmp_path / "mirror" / name)
    return replace(context, place=DataSources((tmp_path / "mirror",), offline=True), predictions=tmp_path / "said")


def add_row(context: EvalContext, language: str, task: str = "facebook/xnli", **changes: object) -> None:
    """Add a row at the end of a language's test data: the first one, with changes."""
    (root,) = context.place.mirrors
    (file,) = (path for path in (root / task).rglob("*.jsonl") if f"{language}/" in f"{path.relative_to(root)}")
    lines = file.read_text().splitlines()
    file.write_text("\n".join([*lines, json.dumps({**json.loads(lines[0]), **changes})]) + "\n")


def test_faults_of_all_languages_are_told_at_once_before_any_work(mine: EvalContext, stack_of: StackOf) -> None:
    for language, label in (("de", 7), ("es", 8)):
        add_row(mine, language, label=label)
    watch = Watch()
    with pytest.raises(DataError, match=r"test data of xnli have faults in 2 of 3 languages") as caught:
        evaluate(watch.on(mine), XNLI, stack_of(*STACK), ["en", "de", "es"], split="test")
    assert "  - de: " in caught.value.message
    assert "  - es: " in caught.value.message
    assert caught.value.hint.endswith("--languages en")
    assert (watch.languages, watch.batches, watch.results) == ([], [], [])


def test_a_fault_of_one_language_names_its_row_and_the_way_out(mine: EvalContext, stack_of: StackOf) -> None:
    add_row(mine, "es", premise=None)
    watch = Watch()
    with pytest.raises(DataError, match=r"^.*test.*, row \d+ \(counted from 0\): field 'first' holds None") as caught:
        evaluate(watch.on(mine), XNLI, stack_of(*STACK), ["en", "de", "es"], split="test")
    assert caught.value.hint.endswith("--languages en,de")
    assert watch.batches == []


@pytest.mark.parametrize("held", [0, 50_000])
def test_what_is_not_held_in_memory_is_read_again_with_the_same_scores(
    held: int, mine: EvalContext, stack_of: StackOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = evaluate(mine, XNLI, stack_of(*STACK), ["en", "de"], split="test", limit=20)
    monkeypatch.setattr(reading, "HELD", held)
    assert evaluate(mine, XNLI, stack_of(*STACK), ["en", "de"], split="test", limit=20) == expected


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_what_was_scored_is_kept_when_a_later_language_ends_the_work(
    error: type[BaseException], mine: EvalContext, stack_of: StackOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(predict.BATCH_TOKENS, "cpu", 128)
    whole = evaluate(replace(mine, predictions=None), XNLI, stack_of(*STACK), ["en", "de"], split="test", limit=40)
    watch = Watch("es", error)
    with pytest.raises(BaseException):  # noqa: B017, PT011 (memory errors become ours)
        evaluate(watch.on(mine), XNLI, stack_of(*STACK), ["en", "de", "es"], split="test", limit=40)
    assert [batch for batch in watch.batches if batch[0] == "es"] == [("es", 1)], "no batch after the stop"
    assert [len(one.scores) for one in watch.results] == [1, 2]
    last = watch.results[-1]
    assert (last.scores, last.baseline, last.unscored) == (whole.scores, whole.baseline, ("es",))
    assert last.as_json()["unscored"] == ["es"]
    assert "unscored" not in whole.as_json()
    assert mine.predictions is not None
    kept = {path.name: len(path.read_text().splitlines()) for path in (mine.predictions / "xnli").iterdir()}
    assert kept == {"test-en.jsonl": 40, "test-de.jsonl": 40}


def test_a_damaged_adapter_of_the_last_language_is_told_before_any_work(
    context: EvalContext, stack_of: StackOf, tmp_path: Path
) -> None:
    root = context.zoo.folder(context.zoo.find("language/de").id).parents[2]
    shutil.copytree(root, tmp_path / "zoo")
    zoo = type(context.zoo)([tmp_path / "zoo"])
    adapters = {code: zoo.find(f"language/{code}") for code in ("en", "de")}
    (damaged,) = (tmp_path / "zoo").rglob(f"{adapters['de'].id}/adapter.safetensors")
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    watch = Watch()
    with pytest.raises(AdapterError):
        evaluate(
            watch.on(replace(context, zoo=zoo)),
            TASKS["panx"],
            stack_of("language/en", "target/panx"),
            ["en", "de"],
            split="test",
            limit=8,
            swap=LanguageSwap(adapters.get),
        )
    assert watch.batches == []


def test_references_that_do_not_occur_are_scored_and_said(mine: EvalContext, stack_of: StackOf) -> None:
    add_row(mine, "de", "google/xquad", id="odd", answers={"text": ["nowhere", ""], "answer_start": [-1, -1]})
    result = evaluate(mine, XQUAD, stack_of("language/en", "target/xquad"), ["de"], split="test")
    before = replace(mine, predictions=None)
    assert result.scores["de"]["n"] > 1
    assert (
        evaluate(before, XQUAD, stack_of("language/en", "target/xquad"), ["de"], split="test").scores == result.scores
    )
    notes = result.as_json()["notes"]
    assert isinstance(notes, list)
    assert notes[-2:] == [
        "The data have questions with an empty reference answer, which are scored as they are (de 1).",
        "The data have questions with a reference answer that does not occur in the context, which are scored as they "
        "are (de 1).",
    ]


def test_the_baseline_is_that_of_the_examples_that_are_scored(mine: EvalContext, stack_of: StackOf) -> None:
    result = evaluate(mine, XNLI, stack_of(*STACK), ["en"], split="test", limit=30)
    assert mine.predictions is not None
    rows = [json.loads(line) for line in (mine.predictions / "xnli/test-en.jsonl").read_text().splitlines()]
    gold = [row["gold"] for row in rows]
    assert result.baseline == {"en": {"accuracy": pytest.approx(100 * max(map(gold.count, gold)) / 30)}}
    same = len({row["prediction"] for row in rows}) == 1
    assert bool(result.warnings["en"]) == same


def test_a_long_work_says_now_and_then_how_far_it_is() -> None:
    said: list[str] = []
    times = iter([0.0, 4.0, 11.0, 12.0, 30.0, 50.0])
    pace = ProgressLines(said.append, "xnli: scoring de", seconds=10, clock=lambda: next(times))
    for done in range(1, 7):
        pace(done, 6)
    assert said == ["xnli: scoring de: batch 3 of 6", "xnli: scoring de: batch 5 of 6"]
