"""Progress: a bar that fits a terminal, lines where there is none, nothing where none is wanted; never on stdout."""

import re
import sys
from pathlib import Path

import pytest

from madx_stilts.cli.progress import PLAIN_LINES, ProgressBar, ProgressLog, listeners
from madx_stilts.cli.settings import Settings
from madx_stilts.train.callbacks import TrainerCallback

SCORES = {"f1": 81.234, "exact_match": 70.5, "has_answer_exact_match": 60.0}


def train(listener: TrainerCallback, steps: int, *, done: int = 0) -> None:
    """Tell a listener of a training with one look at the dev data, in the middle."""
    listener.on_train_begin("xquad_squad_v1-8e47bfb7", done, steps)
    for step in range(done + 1, steps + 1):
        listener.on_step_end(step, {"loss": 1 / step, "learning_rate": 1e-3})
        if step == steps // 2:
            listener.on_evaluate(step, SCORES)
    listener.on_train_end()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def test_a_terminal_gets_a_bar_a_pipe_gets_lines_and_quiet_nothing(request: pytest.FixtureRequest) -> None:
    assert listeners(Settings()) == [ProgressLog]
    assert listeners(Settings(quiet=True)) == []
    request.getfixturevalue("terminal")
    assert listeners(Settings()) == [ProgressBar]


@pytest.mark.parametrize("steps", [1, 3, 10, 999, 12_345])
def test_a_pipe_gets_a_few_lines_whatever_the_number_of_steps(steps: int, capsys: pytest.CaptureFixture[str]) -> None:
    train(ProgressLog(), steps)
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == f"xquad_squad_v1-8e47bfb7: step 0 of {steps}"
    assert [line for line in lines if f"step {steps} of {steps}, loss" in line] == lines[-1:] or steps == 1
    assert len([line for line in lines if ", loss " in line]) == min(steps, PLAIN_LINES)


def test_lines_tell_loss_time_and_dev_scores(capsys: pytest.CaptureFixture[str]) -> None:
    train(ProgressLog(), 20)
    err = capsys.readouterr().err
    assert re.search(r"step 2 of 20, loss 0\.500, \d:\d\d:\d\d passed, \d:\d\d:\d\d left\n", err)
    assert "step 10 of 20, dev f1 81.23, exact_match 70.50, has_answer_exact_match 60.00\n" in err


@pytest.mark.parametrize("kind", [ProgressBar, ProgressLog])
def test_a_training_that_goes_on_says_from_where(
    kind: type[ProgressBar] | type[ProgressLog], terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    train(kind(), 20, done=15)
    assert "going on after step 15 of 20." in capsys.readouterr().err


def test_the_bar_fits_80_columns_and_shows_name_steps_loss_and_time(
    terminal: None, capsys: pytest.CaptureFixture[str]
) -> None:
    train(ProgressBar(), 60)
    out, err = capsys.readouterr()
    lines = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", err).replace("\r", "\n").splitlines()]
    assert out == ""
    assert max(map(len, lines)) <= 80
    last = next(line for line in reversed(lines) if line)
    assert last.startswith("xquad_squad_v1")
    assert "60/60" in last
    assert "loss 0.01" in last
    assert "left 0:00:00" in last


def test_what_looks_like_markup_in_a_name_is_shown_as_it_is(terminal: None, capsys: pytest.CaptureFixture[str]) -> None:
    bar = ProgressBar()
    bar.on_train_begin("[bold]", 0, 1)
    bar.on_train_end()
    assert "[bold]" in capsys.readouterr().err


def test_progress_needs_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    train(ProgressLog(), 1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", [ProgressBar, ProgressLog])
def test_the_scoring_of_dev_data_shows_how_far_it_is(
    kind: type[ProgressBar | ProgressLog], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the training has ended: the weights that are kept are scored once more."""
    monkeypatch.setattr("madx_stilts.score.progress.SECONDS", 0.0)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    listener: TrainerCallback = kind()
    listener.on_train_begin("xquad", 0, 4)
    listener.on_evaluate_step(1, 40)
    listener.on_train_end()
    listener.on_evaluate_step(3, 40)
    assert "xquad: scoring the dev data: batch 3 of 40" in capsys.readouterr().err
