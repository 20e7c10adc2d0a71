"""Retrieval scored end to end: translations, mined pairs, answers and entities, on original files in small."""

import json
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from madx_stilts.data.check import check
from madx_stilts.data.check_report import CheckRequest, Rows
from madx_stilts.data.sources import DataSources
from madx_stilts.demo.sentences import all_text
from madx_stilts.errors import AdapterError, DataError, UsageError
from madx_stilts.nets.attach import attach
from madx_stilts.nets.stacking import activate
from madx_stilts.score.context import EvalContext
from madx_stilts.score.embed import Pooling, embed
from madx_stilts.score.evaluate import evaluate
from madx_stilts.score.retriever import RetrievalEvaluator
from madx_stilts.score.swap import LanguageSwap
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Task
from madx_stilts.train.interrupts import sigterm_as_interrupt

StackOf = Callable[..., Stack]
TATOEBA, BUCC, MEWSLI = (TASKS[name] for name in ("tatoeba", "bucc2018", "mewsli_x"))
LAREQA = replace(TASKS["lareqa"], languages=("de", "en"))
BARE = Stack()
TEXT = list(dict.fromkeys(all_text()))[:60]


def lines(texts: list[str]) -> str:
    return "".join(f"{text}\n" for text in texts)


def corpus(texts: list[str], language: str) -> str:
    return lines([f"{language}-{at}\t{text}" for at, text in enumerate(texts)])


def bucc(split: str, ours: list[str], theirs: list[str]) -> dict[str, str]:
    """What is translated has the same words; the rest has not."""
    gold = [f"de-{at}\ten-{theirs.index(text)}" for at, text in enumerate(ours) if text in theirs]
    files = {"de": corpus(ours, "de"), "en": corpus(theirs, "en"), "gold": lines(gold)}
    return {f"bucc/de-en.{split}.{suffix}": text for suffix, text in files.items()}


def lareqa(texts: list[str]) -> str:
    """A paragraph of two sentences each; the second answers. The question is the very text of the candidate."""
    paragraphs = []
    for at, text in enumerate(texts):
        context, answer = f"Ja. {text}", {"text": text, "answer_start": 4}
        question = {"id": f"q{at}", "question": text + context, "answers": [answer]}
        paragraphs.append({"context": context, "sentence_breaks": [[0, 3], [4, len(context)]], "qas": [question]})
    return json.dumps({"data": [{"paragraphs": paragraphs}]})


def mention(at: int, language: str, entity: str) -> str:
    span = {"start": 0, "end": 3, "text": TEXT[at][:3]}
    mention = {"example_id": f"m{at}", "mention_span": span, "entity_id": entity}
    sentences = [{"start": 0, "end": len(TEXT[at])}]
    return json.dumps(
        {"context": {"text": TEXT[at], "sentence_spans": sentences, "language": language}, "mention": mention}
    )


def entity(at: int) -> str:
    spans = [{"start": 0, "end": len(TEXT[at])}]
    return json.dumps(
        {"entity_id": f"Q{at}", "description": TEXT[at], "description_language": "xx", "sentence_spans": spans}
    )


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Original files. Translations have the same words as what they translate, but for some of Tatoeba's."""
    folder = tmp_path_factory.mktemp("raw")
    files = {
        "tatoeba/tatoeba.deu-eng.deu": lines([*TEXT[:20], *TEXT[20:30][::-1]]),
        "tatoeba/tatoeba.deu-eng.eng": lines(TEXT[:30]),
        **bucc("dev", TEXT[:25], TEXT[15:40][::-1]),
        **bucc("training", TEXT[20:50], TEXT[40:60]),
        "lareqa/de.json": lareqa(TEXT[:8]),
        "lareqa/en.json": lareqa(TEXT[8:16]),
        "mewsli_x/candidate_set_entities.jsonl": lines([entity(at) for at in range(40)]),
        "mewsli_x/wikinews_mentions-dev.jsonl": lines([mention(at, "de", f"Q{at}") for at in range(9)]),
        "mewsli_x/wikinews_mentions-test.jsonl": lines(
            [*(mention(at, "de", f"Q{at}") for at in range(5)), *(mention(at, "en", "") for at in range(5, 8))]
        ),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def raw(context: EvalContext, mirror: Path, tmp_path: Path) -> EvalContext:
    """A bench over the original files that keeps what was found."""
    return replace(context, place=DataSources((mirror,), offline=True), predictions=tmp_path / "predictions")


def rows_of(context: EvalContext, task: Task, name: str) -> list[dict[str, Any]]:
    assert context.predictions is not None
    text = (context.predictions / task.name / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


# --- The four benchmarks. ---


def test_a_translation_with_the_same_words_is_found_and_another_is_not(raw: EvalContext) -> None:
    found = evaluate(raw, TATOEBA, BARE, ["de"], split="test")
    assert found.scores == {"de": {"accuracy": pytest.approx(100 * 20 / 30), "n": 30, "candidates": 30}}
    rows = rows_of(raw, TATOEBA, "test-de")
    assert [row["id"] for row in rows] == [str(at) for at in range(30)]
    assert [row["text"] for row in rows] == TEXT[:30]
    assert [row["prediction"] for row in rows] == [[str(at if at < 20 else 49 - at)] for at in range(30)]
    assert [row["gold"] for row in rows] == [[str(at)] for at in range(30)]
    assert all(row["score"] == [pytest.approx(1)] for row in rows)


def test_pairs_are_mined_down_to_the_threshold_of_the_dev_split(raw: EvalContext) -> None:
    dev = evaluate(raw, BUCC, BARE, ["de"], split="dev")
    assert dev.scores["de"] == {
        **dict.fromkeys(("f1", "precision", "recall"), 100.0),
        **{"n": 25, "candidates": 25, "threshold": dev.scores["de"]["threshold"]},
    }
    assert "choice of threshold is made on the very data" in dev.notes[0]
    test = evaluate(raw, BUCC, BARE, ["de"], split="test")
    assert test.scores["de"]["threshold"] == dev.scores["de"]["threshold"]
    assert test.notes == (
        "bucc2018 dev is another version or a part of what was published; rows: de 25 (published 32,593).",
        "bucc2018 test is another version or a part of what was published; rows: de 30 (published 413,869).",
    )
    rows = rows_of(raw, BUCC, "test-de")
    kept = [(row["id"], *row["prediction"]) for row in rows if row["prediction"]]
    assert all(row["score"][0] >= dev.scores["de"]["threshold"] for row in rows if row["prediction"])
    gold = {(row["id"], one) for row in rows for one in row["gold"]}
    assert len(gold) == 10
    assert test.scores["de"]["recall"] == pytest.approx(100 * len(gold & {*kept}) / len(gold))
    assert test.scores["de"]["precision"] == pytest.approx(100 * len(gold & {*kept}) / len(kept))


def test_answers_are_ranked_in_one_pool_of_all_languages(raw: EvalContext) -> None:
    found = evaluate(raw, LAREQA, BARE, ["de"], split="test")
    assert found.scores["de"].keys() == {"map_at_20", "n", "candidates"}
    assert (found.scores["de"]["n"], found.scores["de"]["candidates"]) == (8, 32)
    for at, row in enumerate(rows_of(raw, LAREQA, "test-de")):
        assert row["gold"] == [f"de:{at + 1}_1", f"en:{at + 1}_1"]
        assert row["prediction"][0] == row["gold"][0]
        assert len(set(row["prediction"])) == 20
    assert 50 <= found.scores["de"]["map_at_20"] < 100


def test_all_languages_of_an_answer_count(raw: EvalContext, mirror: Path, tmp_path: Path) -> None:
    for language in ("de", "en"):
        (tmp_path / "lareqa").mkdir(exist_ok=True)
        (tmp_path / f"lareqa/{language}.json").write_text((mirror / "lareqa/de.json").read_text())
    same = replace(raw, place=DataSources((tmp_path,), offline=True))
    found = evaluate(same, LAREQA, BARE, ["de", "en"], split="test")
    assert [found.scores[language]["map_at_20"] for language in ("de", "en")] == [pytest.approx(100)] * 2


def test_entities_are_ranked_for_each_mention(raw: EvalContext) -> None:
    found = evaluate(raw, MEWSLI, BARE, ["de"], split="test")
    rows = rows_of(raw, MEWSLI, "test-de")
    ranks = [row["prediction"].index(row["gold"][0]) + 1 if row["gold"][0] in row["prediction"] else 0 for row in rows]
    expected = 100 * sum(1 / rank for rank in ranks if rank) / 5
    assert found.scores["de"] == {"mrr_at_20": pytest.approx(expected), "n": 5, "candidates": 40}


def test_hidden_gold_is_refused_unless_predictions_are_kept(raw: EvalContext) -> None:
    assert evaluate(raw, MEWSLI, BARE, ["en"], split="test").scores == {"en": {"n": 3, "candidates": 40}}
    with pytest.raises(DataError, match="gold answer"):
        evaluate(replace(raw, predictions=None), MEWSLI, BARE, ["en"], split="test")


def test_scores_do_not_depend_on_what_was_scored_before_or_is_cached(raw: EvalContext, tmp_path: Path) -> None:
    cached = replace(raw, cache=tmp_path / "cache")
    first = [evaluate(cached, task, BARE, ["de"], split="test").scores for task in (BUCC, LAREQA, MEWSLI)]
    again = [evaluate(cached, task, BARE, ["de"], split="test").scores for task in (BUCC, LAREQA, MEWSLI)]
    assert first == again == [evaluate(raw, task, BARE, ["de"], split="test").scores for task in (BUCC, LAREQA, MEWSLI)]
    assert [path for path in (tmp_path / "cache").iterdir() if path.is_file()] == []


@pytest.mark.parametrize("task", [BUCC, LAREQA, TATOEBA], ids=lambda task: task.name)
def test_what_an_earlier_run_has_scored_is_not_embedded_again(task: Task, raw: EvalContext) -> None:
    context = replace(raw, predictions=None)
    whole = evaluate(context, task, BARE, ["de"], split="test", limit=20)
    batches: list[int] = []
    resumed = replace(context, known=lambda stack: whole.known, on_batch=lambda done, all: batches.append(done))
    again = evaluate(resumed, task, BARE, ["de"], split="test", limit=20)
    assert json.dumps(again.as_json()) == json.dumps(whole.as_json())
    assert batches == []
    evaluate(replace(resumed, predictions=raw.predictions), task, BARE, ["de"], split="test", limit=20)
    assert batches != [], "what was predicted is kept"


def test_a_stop_while_neighbours_are_looked_for_leaves_no_scores_and_no_predictions(raw: EvalContext) -> None:
    assert raw.predictions is not None
    steps: list[int] = []
    counting = replace(raw, predictions=None, on_batch=lambda done, all: steps.append(done))
    evaluate(counting, TATOEBA, BARE, ["de"], split="test")
    left, scored = len(steps), list[object]()

    def stopping(done: int, batches: int) -> None:
        nonlocal left
        left -= 1
        if left == 0:  # the last step, which is the search
            signal.raise_signal(signal.SIGTERM)

    context = replace(raw, on_batch=stopping, on_scored=scored.append)
    with sigterm_as_interrupt(), pytest.raises(KeyboardInterrupt):
        evaluate(context, TATOEBA, BARE, ["de"], split="test")
    assert scored == []
    assert not raw.predictions.exists()


def test_a_limit_takes_some_queries_among_all_candidates(raw: EvalContext) -> None:
    found = evaluate(raw, TATOEBA, BARE, ["de"], split="test", limit=7)
    assert (found.scores["de"]["n"], found.scores["de"]["candidates"]) == (7, 30)
    assert "only their own pairs" in evaluate(raw, BUCC, BARE, ["de"], split="test", limit=20).notes[0]


# --- Stacks, and adapters that are exchanged. ---


def test_any_stack_will_do_and_it_matters(raw: EvalContext, stack_of: StackOf) -> None:
    scores = []
    for refs in ((), ("language/en",), ("intermediate/snli",), ("language/en", "target/xquad")):
        found = evaluate(raw, MEWSLI, stack_of(*refs), ["de"], split="test")
        assert found.stack == tuple(str(ref) for ref in stack_of(*refs).refs)
        scores.append([row["score"] for row in rows_of(raw, MEWSLI, "test-de")])
    assert all(one != other for at, one in enumerate(scores) for other in scores[:at])


def test_queries_and_candidates_each_get_the_adapter_of_their_own_language(raw: EvalContext, stack_of: StackOf) -> None:
    """Tatoeba's queries are English, BUCC's candidates are."""
    english, german = (stack_of(f"language/{code}") for code in ("en", "de"))
    swap = LanguageSwap({"en": english.language, "de": german.language}.get)

    def vectors(stack: Stack, texts: Any) -> Any:
        activate(raw.backbone, attach(raw.backbone, raw.zoo, [ref.id for ref in stack.refs]))
        return embed(raw.backbone, texts, kind="mean", layers=[2])[2]

    for task, sides in ((TATOEBA, (english, german)), (BUCC, (german, english))):
        hunt = RetrievalEvaluator(raw, task, english, swap).hunt("de", "test", [2])
        plain = RetrievalEvaluator(raw, task, english, None).hunt("de", "test", [2])
        np.testing.assert_allclose(hunt.asked[2], vectors(sides[0], hunt.encoded), atol=1e-5)
        changed = [
            not np.allclose(one[2], other[2], atol=1e-3)
            for one, other in ((hunt.asked, plain.asked), (hunt.pool, plain.pool))
        ]
        assert changed == [side is german for side in sides]
    found = evaluate(raw, TATOEBA, english, ["de"], split="test", swap=swap)
    assert found.language_adapters == {"de": str(german.language), "en": str(english.language)}


def test_a_pool_gets_each_languages_adapter_and_a_mixed_one_the_stack_as_it_is(
    raw: EvalContext, stack_of: StackOf
) -> None:
    english, german = (stack_of(f"language/{code}") for code in ("en", "de"))
    swap = LanguageSwap({"en": english.language, "de": german.language}.get)
    swapped, plain = (
        RetrievalEvaluator(raw, LAREQA, english, one).hunt("en", "test", [2]).pool[2] for one in (swap, None)
    )
    assert not np.allclose(swapped[:16], plain[:16], atol=1e-3)
    np.testing.assert_allclose(swapped[16:], plain[16:], atol=1e-5)
    swapped, plain = (
        RetrievalEvaluator(raw, MEWSLI, english, one).hunt("de", "test", [2]).pool[2] for one in (swap, None)
    )
    np.testing.assert_array_equal(swapped, plain)


def test_a_language_without_an_adapter_is_told_before_anything_is_embedded(raw: EvalContext, stack_of: StackOf) -> None:
    english, told = stack_of("language/en"), list[str]()
    watched = replace(raw, on_language=told.append)
    swap = LanguageSwap({"de": english.language}.get)
    with pytest.raises(AdapterError, match="no language adapter for 'en'"):
        evaluate(watched, TATOEBA, english, ["de"], split="test", swap=swap)
    assert told == []


# --- Pooling and layers. ---


def test_layer_and_pooling_are_told_and_decide(raw: EvalContext) -> None:
    scores = []
    for pooling in (Pooling(), Pooling(layer=4), Pooling("cls", 4)):
        found = evaluate(replace(raw, pooling=pooling), MEWSLI, BARE, ["de"], split="test")
        layer = pooling.layer or 2
        assert found.retrieval == {
            **{"layer": layer, "layers": 4, "pooling": pooling.kind, "max_tokens": 512, "tuned": None}
        }
        assert found.as_json()["retrieval"] == found.retrieval
        scores.append([row["score"] for row in rows_of(raw, MEWSLI, "test-de")])
    assert scores[0] != scores[1] != scores[2]


@pytest.mark.parametrize("task", [BUCC, MEWSLI], ids=lambda task: task.name)
def test_the_layer_that_is_best_on_dev_is_taken(task: Task, raw: EvalContext) -> None:
    found = evaluate(replace(raw, pooling=Pooling(layer="auto")), task, BARE, ["de"], split="test")
    alone = {
        layer: evaluate(replace(raw, pooling=Pooling(layer=layer)), task, BARE, ["de"], split="dev").primary["de"]
        for layer in (1, 2, 3, 4)
    }
    assert found.retrieval is not None
    assert found.retrieval["tuned"] == {layer: pytest.approx(score) for layer, score in alone.items()}
    best = found.retrieval["layer"]
    assert best == max(alone, key=alone.__getitem__)
    assert isinstance(best, int)
    fixed = evaluate(replace(raw, pooling=Pooling(layer=best)), task, BARE, ["de"], split="test")
    assert found.scores == fixed.scores


def test_without_a_dev_split_no_layer_can_be_chosen(raw: EvalContext) -> None:
    for task in (TATOEBA, LAREQA):
        with pytest.raises(UsageError, match="no dev split to choose the layer by"):
            evaluate(replace(raw, pooling=Pooling(layer="auto")), task, BARE, ["de"], split="test")


# --- What is missing. ---


def without(raw: EvalContext, mirror: Path, folder: Path, name: str) -> EvalContext:
    """The bench over a mirror that lacks some files."""
    for path in mirror.rglob("*.*"):
        if not path.match(name):
            copy = folder / "partial" / path.relative_to(mirror)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return replace(raw, place=DataSources((folder / "partial",), offline=True))


def test_mining_without_dev_data_is_refused(raw: EvalContext, mirror: Path, tmp_path: Path) -> None:
    lacking = without(raw, mirror, tmp_path, "de-en.dev.*")
    with pytest.raises(DataError, match=r"no dev data here in de, on which the threshold would be tuned") as caught:
        evaluate(lacking, BUCC, BARE, ["de"], split="test")
    assert "sample" in caught.value.hint


def test_a_pool_that_lacks_a_language_is_refused(raw: EvalContext, mirror: Path, tmp_path: Path) -> None:
    lacking = without(raw, mirror, tmp_path, "lareqa/en.json")
    with pytest.raises(DataError, match="candidates of all 2 languages, and those in en are not here"):
        evaluate(lacking, LAREQA, BARE, ["de"], split="test")


BAD_GOLD: dict[str, tuple[Task, str, Callable[[str], str]]] = {
    "a right answer that is nowhere": (BUCC, "bucc/de-en.training.gold", lambda text: text + "de-19\ten-777\n"),
    "no right answer at all": (BUCC, "bucc/de-en.training.gold", lambda text: ""),
    "a query that is nowhere": (BUCC, "bucc/de-en.training.gold", lambda text: text + "de-777\ten-1\n"),
    "some answers hidden": (
        MEWSLI,
        "mewsli_x/wikinews_mentions-test.jsonl",
        lambda text: text + lines([mention(9, "de", "")]),
    ),
    "an entity that is nowhere": (
        MEWSLI,
        "mewsli_x/wikinews_mentions-test.jsonl",
        lambda text: text.replace('"Q3"', '"Q777"'),
    ),
    "a candidate twice": (BUCC, "bucc/de-en.training.en", lambda text: text + text.splitlines()[0] + "\n"),
    "an answer outside its sentences": (LAREQA, "lareqa/de.json", lambda text: text.replace("4}", "9999}")),
    "nothing odd": (BUCC, "bucc/de-en.training.de", lambda text: text),
}


@pytest.mark.parametrize("what", BAD_GOLD)
def test_what_a_check_of_the_data_says_is_what_scoring_says(
    what: str, raw: EvalContext, mirror: Path, tmp_path: Path
) -> None:
    task, file, change = BAD_GOLD[what]
    context = replace(without(raw, mirror, tmp_path, "nothing"), predictions=None)
    path = tmp_path / "partial" / file
    path.write_text(change(path.read_text()))
    report = check(task, context.place, CheckRequest([Rows("test", "de")]))
    if not report.fault_count:
        assert what == "nothing odd"
        return RetrievalEvaluator(context, task, BARE, None).check("de", "test")
    with pytest.raises(DataError) as caught:
        RetrievalEvaluator(context, task, BARE, None).check("de", "test")
    assert caught.value.message in [fault.error().message for one in report.checked for fault in one.faults]
    return None


def test_a_missing_side_is_told(raw: EvalContext, mirror: Path, tmp_path: Path) -> None:
    lacking = without(raw, mirror, tmp_path, "candidate_set_entities.jsonl")
    with pytest.raises(DataError, match="candidate_set_entities"):
        evaluate(lacking, MEWSLI, BARE, ["de"], split="test")


def test_dev_data_without_gold_pairs_tune_nothing(raw: EvalContext, mirror: Path, tmp_path: Path) -> None:
    lacking = without(raw, mirror, tmp_path, "nothing")
    (tmp_path / "partial/bucc/de-en.dev.gold").write_text("")
    with pytest.raises(
        DataError,
        match=r"de-en.dev.de: all 25 rows of bucc2018 are queries without a right answer: there is nothing to score",
    ):
        evaluate(lacking, BUCC, BARE, ["de"], split="test")
