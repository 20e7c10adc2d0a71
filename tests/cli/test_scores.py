"""The table of scores says what no knowledge scores, and what was done before an error is shown."""

import os
import signal
from collections.abc import Mapping
from typing import Any

import pytest

from madx_stilts.card import BackboneNote
from madx_stilts.cli.scores import print_notes, print_scores
from madx_stilts.cli.scoring import keeping_what_is_done
from madx_stilts.errors import JobFailed
from madx_stilts.score.evaluation import Evaluation


def evaluation(**changes: Any) -> Evaluation:
    scores: Mapping[str, dict[str, float]] = {
        "en": {"accuracy": 54.5, "n": 200},
        "de": {"accuracy": 54.75, "n": 200},
        "ko": {"accuracy": 61.3, "n": 200},
    }
    known: dict[str, Any] = {
        "task": "paws_x",
        "split": "test",
        "metric": "accuracy",
        "source_language": "en",
        "stack": ("target/paws_x@00000000",),
        "backbone": BackboneNote(name="tiny", fingerprint="0" * 64, model_type="xlm-roberta", hidden_size=8, layers=2),
        "scores": scores,
        "baseline": {"en": {"accuracy": 54.5}, "de": {"accuracy": 54.75}, "ko": {"accuracy": 54.0}},
        "warnings": {"en": ("every answer is 'x'",), "de": ("every answer is 'x'",), "ko": ()},
        "remarks": {"en": {}, "de": {"blank texts": 3}, "ko": {"blank texts": 1}},
    }
    return Evaluation(**(known | changes))


def test_the_table_has_the_baseline_and_notes_what_is_no_better(capsys: pytest.CaptureFixture[str]) -> None:
    print_scores("title", evaluation())
    print_notes(evaluation())
    out, err = capsys.readouterr()
    (head,) = (line for line in out.splitlines() if line.startswith("language"))
    assert head.split() == ["language", "name", "accuracy", "baseline", "n"]
    assert ["ko", "Korean", "61.30", "54.00", "200"] in [line.split() for line in out.splitlines()]
    assert "baseline, what one answer to all of them gets: mean 54.42" in out
    assert err.splitlines() == [
        "Note: In en, de: every answer is 'x'.",
        "Note: The data have blank texts, which are scored as they are (de 3, ko 1).",
        "Note: accuracy is not above the baseline in en, de.",
    ]


def test_without_gold_there_is_no_baseline(capsys: pytest.CaptureFixture[str]) -> None:
    print_scores("title", evaluation(scores={"en": {"n": 200}}, baseline={}, warnings={}, remarks={}))
    out, err = capsys.readouterr()
    assert "baseline" not in out + err


def test_languages_that_are_not_scored_yet_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    print_notes(evaluation(unscored=("ja", "zh")))
    assert "Note: Not scored: ja, zh.\n" in capsys.readouterr().err


@pytest.mark.parametrize("error", [JobFailed("no"), KeyboardInterrupt(), MemoryError()])
def test_what_is_done_is_shown_before_an_error_and_not_without_one(error: BaseException) -> None:
    shown: list[Evaluation] = []

    def fail(*names: str) -> None:
        with keeping_what_is_done(shown.append) as on_scored:
            for name in names:
                on_scored(evaluation(task=name))
            raise error

    with pytest.raises(type(error)):
        fail("first", "second")
    assert [one.task for one in shown] == ["second"]
    with pytest.raises(type(error)):
        fail()
    with keeping_what_is_done(shown.append) as on_scored:
        on_scored(evaluation())
    assert len(shown) == 1


def test_sigterm_shows_what_is_done() -> None:
    shown: list[Evaluation] = []
    before = signal.getsignal(signal.SIGTERM)

    def stop() -> None:
        with keeping_what_is_done(shown.append) as on_scored:
            on_scored(evaluation())
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert len(shown) == 1
    assert signal.getsignal(signal.SIGTERM) is before
