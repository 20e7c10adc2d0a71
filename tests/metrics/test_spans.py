"""Precision, recall and F1 of spans are those of seqeval."""

import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from seqeval.metrics import f1_score, precision_score, recall_score

from madx_stilts.metrics.spans import span_scores
from madx_stilts.metrics.tagging import span_f1

ner = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]
pos = ["NOUN", "VERB", "CCONJ", "SCONJ", "X", "SYM"]
sentences = st.sampled_from([ner, pos]).flatmap(
    lambda tags: st.lists(
        st.lists(st.tuples(st.sampled_from(tags), st.sampled_from(tags)), min_size=1, max_size=6), min_size=1
    )
)


@settings(deadline=None)
@given(sentences)
def test_all_three_are_those_of_seqeval(tagged: list[list[tuple[str, str]]]) -> None:
    predicted, gold = ([[pair[side] for pair in sentence] for sentence in tagged] for side in (0, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {
            "f1": f1_score(gold, predicted),
            "precision": precision_score(gold, predicted),
            "recall": recall_score(gold, predicted),
        }
    scores = span_scores(predicted=predicted, gold=gold)
    assert scores == pytest.approx({name: 100 * value for name, value in expected.items()})
    assert scores["f1"] == span_f1(predicted=predicted, gold=gold)
