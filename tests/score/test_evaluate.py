"""Evaluating: one stack, one task, many languages; what the numbers are made of, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest

from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources
from madx_stilts.demo.backbone import write_tiny_backbone
from madx_stilts.demo.sentences import all_text
from madx_stilts.errors import AdapterError, DataError, PreflightError, StorageError, UsageError
from madx_stilts.nets.backbone import load_backbone
from madx_stilts.nets.stacking import adapter_parameters
from madx_stilts.score.context import EvalContext
from madx_stilts.score.evaluate import evaluate
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split

StackOf = Callable[..., Stack]
XNLI = ("intermediate/snli", "target/xnli+snli")
ON_ENGLISH = {
    "xquad": ("language/en", "target/xquad"),
    "panx": ("language/en", "target/panx"),
    "xcopa": ("language/en", "target/xcopa"),
}


@pytest.fixture
def xnli(context: EvalContext, stack_of: StackOf) -> Evaluation:
    return evaluate(context, TASKS["xnli"], stack_of(*XNLI), ["en", "de", "es"], split="test", limit=40)


def rows_of(context: EvalContext, name: str, language: str, split: str = "test") -> list[dict[str, Any]]:
    assert context.predictions is not None
    file = context.predictions / name / f"{split}-{language}.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def keeping(context: EvalContext, tmp_path: Path) -> EvalContext:
    """The bench, keeping what was predicted."""
    return replace(context, predictions=tmp_path / "predictions")


def test_the_json_has_the_keys_that_scripts_rely_on(xnli: Evaluation, context: EvalContext, stack_of: StackOf) -> None:
    made = json.loads(json.dumps(xnli.as_json()))
    assert made.keys() >= {"task", "split", "stack", "backbone", "scores", "mean", "mean_without_source", "gap"}
    assert (made["task"], made["split"], made["metric"]) == ("xnli", "test", "accuracy")
    assert made["stack"] == [str(ref) for ref in stack_of(*XNLI).refs]
    assert made["backbone"] == {"name": "tiny", "fingerprint": context.backbone.fingerprint}
    assert list(made["scores"]) == ["en", "de", "es"]
    assert all(values.keys() == {"accuracy", "n"} and values["n"] == 40 for values in made["scores"].values())
    assert made["language_adapters"] == {"en": None, "de": None, "es": None}


def test_data_that_are_not_what_was_published_are_told_in_one_line_also_of_a_sample(
    xnli: Evaluation, context: EvalContext
) -> None:
    counts = {code: read(TASKS["xnli"], code, "test", place=context.place).whole for code in ("en", "de", "es")}
    rows = ", ".join(f"{code} {count} (published 5,010)" for code, count in counts.items())
    assert xnli.notes == (f"xnli test is another version or a part of what was published; rows: {rows}.",)
    made: Any = xnli.as_json()
    assert made["notes"] == list(xnli.all_notes)


def test_means_and_gap_are_those_computed_by_hand(xnli: Evaluation) -> None:
    made: dict[str, Any] = xnli.as_json()
    scores = {language: values["accuracy"] for language, values in xnli.scores.items()}
    assert made["mean"] == pytest.approx(fmean(scores.values()))
    assert made["mean_without_source"] == pytest.approx((scores["de"] + scores["es"]) / 2)
    assert made["gap"] == pytest.approx(scores["en"] - (scores["de"] + scores["es"]) / 2)


def test_without_the_source_language_there_is_no_gap(context: EvalContext, stack_of: StackOf) -> None:
    made = evaluate(context, TASKS["xnli"], stack_of(*XNLI), ["de"], split="test", limit=8).as_json()
    assert made["gap"] is None
    assert made["mean"] == made["mean_without_source"]
    alone = evaluate(context, TASKS["xnli"], stack_of(*XNLI), ["en"], split="test", limit=8).as_json()
    assert alone["gap"] is alone["mean_without_source"] is None


def test_the_score_is_that_of_the_predictions_that_were_kept(keeping: EvalContext, stack_of: StackOf) -> None:
    found = evaluate(keeping, TASKS["xnli"], stack_of(*XNLI), ["en", "de"], split="test", limit=40)
    for language in ("en", "de"):
        rows = rows_of(keeping, "xnli", language)
        right = [row["prediction"] == row["gold"] for row in rows]
        assert found.scores[language] == {"accuracy": pytest.approx(100 * fmean(right)), "n": len(rows)}


def test_scores_are_the_same_each_time_whatever_was_scored_before(
    xnli: Evaluation, context: EvalContext, stack_of: StackOf, tmp_path: Path
) -> None:
    evaluate(context, TASKS["panx"], stack_of(*ON_ENGLISH["panx"]), ["de"], split="test", limit=5)
    cached = replace(context, cache=tmp_path / "cache")
    for _ in range(2):
        assert evaluate(cached, TASKS["xnli"], stack_of(*XNLI), ["es", "en"], split="test", limit=40).scores == {
            language: xnli.scores[language] for language in ("es", "en")
        }


def test_a_language_is_told_before_it_is_scored(context: EvalContext, stack_of: StackOf) -> None:
    told: list[str] = []
    watched = replace(context, on_language=told.append)
    evaluate(watched, TASKS["xnli"], stack_of(*XNLI), ["es", "en"], split="test", limit=4)
    assert told == ["es", "en"]


# --- Predictions that are kept. ---


@pytest.mark.parametrize(("name", "language"), [("xnli", "de"), ("xquad", "de"), ("xcopa", "it")])
def test_one_row_is_kept_for_each_example_under_its_id(
    name: str, language: str, keeping: EvalContext, stack_of: StackOf
) -> None:
    stack = stack_of(*ON_ENGLISH.get(name, XNLI))
    evaluate(keeping, TASKS[name], stack, [language], split="test", limit=9)
    examples = read(TASKS[name], language, "test", place=keeping.place, limit=9)
    rows = rows_of(keeping, name, language)
    assert [row["id"] for row in rows] == [example.id for example in examples.items]
    assert all({"prediction", "gold"} <= row.keys() for row in rows)


def test_one_row_is_kept_for_each_word_of_a_tagged_sentence(keeping: EvalContext, stack_of: StackOf) -> None:
    evaluate(keeping, TASKS["panx"], stack_of(*ON_ENGLISH["panx"]), ["de"], split="test", limit=9)
    examples = read(TASKS["panx"], "de", "test", place=keeping.place, limit=9)
    expected = [
        (example.id, position, word, tag)
        for example in examples.items
        for position, (word, tag) in enumerate(zip(example.words, example.tags, strict=True))
    ]
    rows = rows_of(keeping, "panx", "de")
    assert [(row["id"], row["position"], row["word"], row["gold"]) for row in rows] == expected
    assert {row["prediction"] for row in rows} <= set(TASKS["panx"].labels)


def test_predictions_that_cannot_be_written_are_told(context: EvalContext, stack_of: StackOf, tmp_path: Path) -> None:
    (tmp_path / "occupied").write_text("")
    keeping = replace(context, predictions=tmp_path / "occupied")
    with pytest.raises(StorageError, match="Cannot write"):
        evaluate(keeping, TASKS["xnli"], stack_of(*XNLI), ["en"], split="test", limit=2)


# --- Hidden gold answers. ---


@pytest.fixture
def hidden(keeping: EvalContext, tiny_mirror: Path, tmp_path: Path) -> EvalContext:
    """A bench whose German test data have no labels."""
    for language in ("en", "de"):
        name = f"facebook/xnli/{language}/test.jsonl"
        rows = [json.loads(line) for line in (tiny_mirror / name).read_text().splitlines()[:12]]
        if language == "de":
            rows = [row | {"label": -1} for row in rows]
        (tmp_path / "mirror" / name).parent.mkdir(parents=True)
        (tmp_path / "mirror" / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return replace(keeping, place=DataSources((tmp_path / "mirror",), offline=True))


def test_hidden_answers_are_refused_unless_predictions_are_kept(hidden: EvalContext, stack_of: StackOf) -> None:
    without = replace(hidden, predictions=None)
    with pytest.raises(DataError, match="gold answer") as caught:
        evaluate(without, TASKS["xnli"], stack_of(*XNLI), ["en", "de"], split="test")
    assert "predictions" in caught.value.hint


def test_where_answers_are_hidden_predictions_are_kept_and_nothing_is_scored(
    hidden: EvalContext, stack_of: StackOf
) -> None:
    found = evaluate(hidden, TASKS["xnli"], stack_of(*XNLI), ["en", "de"], split="test")
    assert found.scores["de"] == {"n": 12}
    assert found.scores["en"].keys() == {"accuracy", "n"}
    rows = rows_of(hidden, "xnli", "de")
    assert len(rows) == 12
    assert all("gold" not in row and row["prediction"] in TASKS["xnli"].labels for row in rows)
    made = found.as_json()
    assert made["mean"] == found.scores["en"]["accuracy"]
    assert made["mean_without_source"] is made["gap"] is None
    only = evaluate(hidden, TASKS["xnli"], stack_of(*XNLI), ["de"], split="test").as_json()
    assert only["mean"] is None


# --- Language adapters. ---


def swap_in(context: EvalContext, **rule: Any) -> LanguageSwap:
    known = {code: context.zoo.find(f"language/{code}") for code in ("en", "de")}
    return LanguageSwap(known.get, **rule)


def span_scores(context: EvalContext, language: str) -> list[float]:
    return [row["score"] for row in rows_of(context, "xquad", language)]


def test_each_language_gets_its_own_adapter_and_the_result_says_so(keeping: EvalContext, stack_of: StackOf) -> None:
    stack, task = stack_of(*ON_ENGLISH["xquad"]), TASKS["xquad"]
    kept = evaluate(keeping, task, stack, ["en", "de"], split="test", limit=6)
    english = stack_of("language/en").language
    assert kept.language_adapters == {"en": str(english), "de": str(english)}
    before = {language: span_scores(keeping, language) for language in ("en", "de")}
    swapped = evaluate(keeping, task, stack, ["en", "de"], split="test", limit=6, swap=swap_in(keeping))
    assert swapped.language_adapters == {"en": str(english), "de": str(stack_of("language/de").language)}
    assert swapped.as_json()["language_adapters"] == swapped.language_adapters
    assert swapped.stack == kept.stack
    assert span_scores(keeping, "en") == before["en"]
    assert span_scores(keeping, "de") != before["de"]


@pytest.mark.parametrize("missing", ["source", "none", "error"])
def test_a_language_without_an_adapter_gets_what_the_rule_says(
    missing: Any, keeping: EvalContext, stack_of: StackOf, tiny_mirror: Path
) -> None:
    stack, task = stack_of(*ON_ENGLISH["xcopa"]), TASKS["xcopa"]
    swap = swap_in(keeping, missing=missing)
    if missing == "error":
        told: list[str] = []
        with pytest.raises(AdapterError, match="no language adapter for 'it'") as caught:
            evaluate(replace(keeping, on_language=told.append), task, stack, ["it"], split="test", swap=swap)
        assert "--missing" in caught.value.hint
        assert told == [], "it is told before anything is scored"
        return
    found = evaluate(keeping, task, stack, ["it"], split="test", swap=swap)
    assert found.language_adapters == {"it": str(stack.language) if missing == "source" else None}


def test_the_rule_is_an_error_unless_said_otherwise(context: EvalContext, stack_of: StackOf) -> None:
    with pytest.raises(AdapterError, match="no language adapter for 'es'"):
        swap_in(context).applied(stack_of(*ON_ENGLISH["panx"]), "es")


def test_none_and_source_differ_in_what_is_computed(keeping: EvalContext, stack_of: StackOf) -> None:
    stack, task = stack_of(*ON_ENGLISH["xquad"]), TASKS["xquad"]
    scores = {}
    for missing in ("source", "none"):
        swap = LanguageSwap(lambda language: None, missing=missing)
        evaluate(keeping, task, stack, ["de"], split="test", limit=6, swap=swap)
        scores[missing] = span_scores(keeping, "de")
    assert scores["source"] != scores["none"]


# --- What is refused. ---


def test_an_empty_stack_is_refused(context: EvalContext) -> None:
    with pytest.raises(UsageError, match="The stack is empty"):
        evaluate(context, TASKS["xnli"], Stack(), ["en"], split="test")


def test_a_head_of_another_kind_is_refused(context: EvalContext, stack_of: StackOf) -> None:
    with pytest.raises(UsageError, match=r"xquad.* is for question_answering, xnli needs classification"):
        evaluate(context, TASKS["xnli"], stack_of(*ON_ENGLISH["xquad"]), ["en"], split="test")


@pytest.mark.parametrize("labels", [("neutral", "entailment", "contradiction"), ("yes", "no", "maybe")])
def test_a_head_of_other_labels_or_in_another_order_is_refused(
    labels: tuple[str, ...], context: EvalContext, stack_of: StackOf
) -> None:
    with pytest.raises(UsageError, match=f"answers entailment, neutral, contradiction; xnli has {', '.join(labels)}"):
        evaluate(context, replace(TASKS["xnli"], labels=labels), stack_of(*XNLI), ["en"], split="test")


def test_a_head_for_choices_serves_any_number_of_them(context: EvalContext, stack_of: StackOf) -> None:
    stack = stack_of(*ON_ENGLISH["xcopa"])
    for name, language, choices in (
        ("xcopa", "it", 2),
        ("commonsense_qa", "en", 5),
        ("siqa", "en", 3),
        ("xcopa", "it", 2),
    ):
        split: Split = "test" if name == "xcopa" else "dev"
        found = evaluate(context, TASKS[name], stack, [language], split=split, limit=6)
        assert len(TASKS[name].labels) == choices
        assert 0 <= found.scores[language]["accuracy"] <= 100


def test_a_language_adapter_alone_answers_nothing(context: EvalContext, stack_of: StackOf) -> None:
    with pytest.raises(AdapterError, match="head"):
        evaluate(context, TASKS["xnli"], stack_of("language/en"), ["en"], split="test")


@pytest.mark.parametrize("hidden_size", [64, 32])
def test_adapters_of_another_backbone_are_refused(
    hidden_size: int, context: EvalContext, stack_of: StackOf, tmp_path: Path
) -> None:
    write_tiny_backbone(tmp_path / "other", all_text()[:90], hidden=hidden_size, seed=1)
    other = load_backbone("other", tmp_path / "other", offline=True)
    with pytest.raises(AdapterError, match=r"was trained on tiny .*, this backbone is other"):
        evaluate(replace(context, backbone=other), TASKS["xnli"], stack_of(*XNLI), ["en"], split="test", limit=4)
    assert [name for name in other.heads if name != "default"] == []


def test_languages_and_splits_without_data_are_told_before_anything_is_scored(
    context: EvalContext, stack_of: StackOf
) -> None:
    told: list[str] = []
    watched = replace(context, on_language=told.append)
    wrong: list[tuple[str, Split, type[Exception]]] = [
        ("xx", "test", UsageError),  # a language that the task does not have
        ("fr", "test", DataError),  # one that the mirror does not have
        ("de", "dev", DataError),
        ("de", "train", DataError),
    ]
    for language, split, error in wrong:
        with pytest.raises(error):
            evaluate(watched, TASKS["xnli"], stack_of(*XNLI), ["en", language], split=split)
    assert told == []


def test_an_adapter_that_lost_its_effect_is_told_before_it_is_scored(context: EvalContext, stack_of: StackOf) -> None:
    stack = stack_of(*XNLI)
    evaluate(context, TASKS["xnli"], stack, ["en"], split="test", limit=2)
    below = context.backbone.attached[stack.intermediates[0].id]
    for parameter in adapter_parameters(context.backbone, below).values():
        parameter.data.zero_()
    with pytest.raises(PreflightError, match=below):
        evaluate(context, TASKS["xnli"], stack, ["en"], split="test", limit=2)
