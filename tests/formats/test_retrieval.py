"""Retrieval: one sequence per text, ids of candidates as predictions, and the metrics of four benchmarks."""

from typing import Any

import numpy as np
import pytest
from transformers import PreTrainedTokenizerFast

from madx_stilts.errors import DataError
from madx_stilts.formats.base import Encoded, Limits
from madx_stilts.formats.retrieval import RankedCandidate, Ranking, RetrievalExample, RetrievalFormat
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow

FORMAT = RetrievalFormat()
TATOEBA, BUCC, LAREQA, MEWSLI = (TASKS[name] for name in ("tatoeba", "bucc2018", "lareqa", "mewsli_x"))
NOTHING = Encoded(np.zeros(1, dtype=np.int64), {}, {})


def query(gold: tuple[str, ...] | None, name: str = "q") -> RetrievalExample:
    return RetrievalExample(name, 0, "text", gold)


def ranking(*ids: str) -> Ranking:
    return tuple(RankedCandidate(one, 0.5) for one in ids)


@pytest.mark.parametrize(
    ("value", "gold"),
    [(None, None), (7, ("7",)), ("Q1", ("Q1",)), (["en-1", "en-2"], ("en-1", "en-2")), ([], ()), ([3], ("3",))],
)
def test_gold_is_one_id_or_several_or_none_or_unknown(value: object, gold: tuple[str, ...] | None) -> None:
    example = FORMAT.example(4, {"id": 4, "text": "a", "gold": value}, None, BUCC)
    assert example == RetrievalExample("4", 4, "a", gold)
    assert FORMAT.labelled(example) == (gold is not None)


def test_a_candidate_may_know_whom_it_answers() -> None:
    example = FORMAT.example(0, {"id": "1_0", "text": "a", "answers": ["q1", "q2"]}, None, LAREQA)
    assert example.answers == ("q1", "q2")
    assert example.gold is None


@pytest.mark.parametrize("value", [1.5, {"id": 1}, [None], [["a"]]])
def test_what_is_no_list_of_ids_is_a_bad_row(value: object) -> None:
    with pytest.raises(BadRow, match=r"'gold' holds .*, not a list of ids"):
        FORMAT.example(0, {"id": 0, "text": "a", "gold": value}, None, BUCC)


def test_a_text_is_cut_at_its_end_and_an_empty_one_has_special_tokens_only(tokenizer: PreTrainedTokenizerFast) -> None:
    texts = ["Nairobi ni mji mkuu wa Kenya. " * 9, "", "Berlin"]
    examples = [RetrievalExample(str(at), at, text) for at, text in enumerate(texts)]
    encoded = FORMAT.encode(examples, tokenizer, Limits(12), TATOEBA)
    for at, text in enumerate(texts):
        expected: Any = tokenizer(text, truncation=True, max_length=12)["input_ids"]
        assert encoded.tokens["input_ids"][encoded.bounds[at] : encoded.bounds[at + 1]].tolist() == expected


def test_a_prediction_is_what_was_found_in_order_without_empty_places() -> None:
    outputs = {
        "candidate": np.array([["b", "a"], ["c", ""], ["", ""]]),
        "score": np.array([[0.5, 0.25], [1.0, 0.0], [0.0, 0.0]]),
    }
    found = FORMAT.decode(outputs, NOTHING, [query(None)] * 3, BUCC)
    assert found == [(RankedCandidate("b", 0.5), RankedCandidate("a", 0.25)), (RankedCandidate("c", 1.0),), ()]


def test_accuracy_counts_first_places() -> None:
    found = [ranking("1", "0"), ranking("1", "0"), ()]
    assert FORMAT.score(found, [query((str(at),)) for at in (1, 0, 2)], TATOEBA, "de") == {
        "accuracy": pytest.approx(100 / 3)
    }


def test_f1_counts_pairs_of_all_queries_together() -> None:
    found = [ranking("a"), ranking("b"), (), ranking("d")]
    gold = [query(("a",)), query(()), query(("c",)), query(("d", "e"))]
    scores = FORMAT.score(found, gold, BUCC, "zh")
    assert scores == {
        "f1": pytest.approx(100 * 4 / 7),
        "precision": pytest.approx(200 / 3),
        "recall": pytest.approx(50.0),
    }


def test_rankings_are_scored_at_twenty_even_if_queries_share_an_id() -> None:
    found = [ranking("a", "b", "c"), ranking(*"uvwxyz")]
    assert FORMAT.score(found, [query(("a", "c")), query(("v",))], LAREQA, "de") == {
        "map_at_20": pytest.approx(100 * ((1 + 2 / 3) / 2 + 1 / 2) / 2)
    }
    assert FORMAT.score(found, [query(("b",)), query(("t",))], MEWSLI, "de") == {"mrr_at_20": pytest.approx(25.0)}


def test_queries_that_cannot_be_scored_are_told() -> None:
    with pytest.raises(DataError, match="no gold answer"):
        FORMAT.score([ranking("a")], [query(None)], TATOEBA, "de")
    with pytest.raises(DataError, match="no gold pairs"):
        FORMAT.score([ranking("a")], [query(())], BUCC, "zh")
    with pytest.raises(DataError, match="nothing relevant"):
        FORMAT.score([ranking("a")], [query(())], LAREQA, "de")


def test_a_row_tells_query_candidates_and_gold_where_it_is_known() -> None:
    found: Ranking = (RankedCandidate("b", 0.5), RankedCandidate("a", 0.25))
    row = {"id": "q", "text": "text", "prediction": ["b", "a"], "score": [0.5, 0.25]}
    assert list(FORMAT.prediction_rows(found, query(("a",)))) == [{**row, "gold": ["a"]}]
    assert list(FORMAT.prediction_rows(found, query(None))) == [row]
