"""Wrong words and settings: one clear error, the right exit code, and nothing is begun that cannot be finished."""

from pathlib import Path
from typing import Any

import pytest

Place = Any

SCORE = ("evaluate", "xnli", "--languages", "de", "--stack")


def refused(place: Place, *words: str | Path, code: int) -> str:
    """What a command that is refused says; it trains nothing and leaves nothing behind."""
    before = place.refs()
    said = place(*words)
    assert (said.code, said.out, said.trained) == (code, "", 0)
    assert said.err.count("Error: ") == 1
    assert "Traceback" not in said.err
    assert place.refs() == before
    assert place.has_nothing_half_written()
    return str(said.err)


@pytest.mark.parametrize(
    ("words", "code", "parts"),
    [
        (("train", "intermediate", "snlii"), 2, ["no task named 'snlii'", "Did you mean snli"]),
        (
            ("train", "intermediate", "snli", "--language", "de"),
            2,
            ["no train data in 'de'", "It has: en, ko."],
        ),
        (("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de,xx"), 2, ["'xx'", "ar, bg, de", "vi, zh"]),
        (("evaluate", "siqa", "--stack", "intermediate/snli"), 3, ["siqa has no test split", "train, dev"]),
        ((*SCORE, "target/xnl"), 3, ["no adapter target/xnl", "Did you mean target/xnli"]),
        ((*SCORE, "intermediate/xnli"), 3, ["Did you mean target/xnli"]),
        ((*SCORE, "target/xnli@0000"), 3, ["has no version @0000", "It has @"]),
        ((*SCORE, "xnli"), 2, ["no reference", "role/name"]),
        ((*SCORE, ","), 2, ["The stack is empty"]),
        ((*SCORE, "target/xnli", "--languages", ","), 2, ["No language is named", "all"]),
        ((*SCORE, "target/xnli,intermediate/snli"), 2, ["out of order", "language, intermediates, target"]),
        ((*SCORE, "target/xnli,target/xnli+snli"), 2, ["at most one target"]),
        ((*SCORE, "intermediate/snli,intermediate/snli"), 2, ["stands twice"]),
        ((*SCORE, "target/xquad"), 2, ["question_answering", "Put a target adapter"]),
        ((*SCORE, "target/xnli", "--device", "gpu0"), 2, ["no device 'gpu0'", "cpu"]),
        ((*SCORE, "target/xnli", "--device", "meta"), 2, ["no device 'meta'"]),
        ((*SCORE, "target/xnli", "--precision", "fp16"), 2, ["fp16 needs a GPU", "bf16"]),
        (("train", "intermediate", "snli", "--precision", "fp16"), 2, ["fp16 needs a GPU"]),
        (("train", "intermediate", "snli", "--backbone", "xlmr-bas"), 2, ["'xlmr-bas'", "Did you mean xlmr-base"]),
        (("train", "intermediate", "snli", "--backbone", "no/where"), 3, ["no/where cannot be loaded"]),
        (("train", "intermediate", "snli", "--config", "quik"), 2, ["'quik'", "Did you mean quick"]),
        (("train", "intermediate", "snli", "--config", "no.yaml"), 2, ["no.yaml"]),
        (("train", "intermediate", "xnli"), 2, ["no training data of its own", "Train mnli"]),
        (("train", "intermediate", "snli", "--name", "a b"), 2, ["'a b' is no name"]),
        (("train", "intermediate", "snli", "--name", ".hidden"), 2, ["'.hidden' is no name"]),
        (("train", "target", "xnli", "--on", "target/xnli"), 2, ["stands where a stack has its intermediate adapter"]),
        (("train", "target", "xnli", "--language-adapter", "intermediate/snli"), 2, ["no language adapter"]),
        (("train", "target", "xnli", "--transfer", "continue"), 2, ["starts from one adapter, 0 are named"]),
        (
            ("train", "target", "xnli", "--transfer", "continue", "--on", "intermediate/snli,intermediate/mnli"),
            *(2, ["starts from one adapter, 2 are named"]),
        ),
        (
            (
                *("train", "target", "xnli", "--transfer", "continue", "--on", "intermediate/snli"),
                "--set",
                "method.kind=ia3",
            ),
            *(2, ["cannot be continued with another method"]),
        ),
        (("tasks", "preview", "xnli", "--split", "train"), 3, ["xnli has no train split", "dev, test"]),
        ((*SCORE, "target/xnli", "--language-adapters", "swap"), 3, ["no language adapter for 'de'", "--missing"]),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, tuple) else "",
)
def test_wrong_words_are_told_with_what_would_be_right(
    words: tuple[str, ...], code: int, parts: list[str], damaged: Place
) -> None:
    if "intermediate/mnli" in " ".join(words):
        damaged.does("train", "intermediate", "mnli")
    told = refused(damaged, *words, code=code)
    assert [part for part in parts if part not in told] == []


def test_all_faults_of_a_config_are_told_at_once(madx: Place, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("method:\n  kind: seq_bm\ntrain:\n  epochz: 3\n  warmup: 2\n  seed: 1\n")
    told = refused(madx, "train", "intermediate", "snli", "--config", config, "--set", "train.keep=most", code=2)
    faults = [line for line in told.splitlines() if line.startswith("  - ")]
    assert len(faults) == 5
    expected = {
        "method.kind": "seq_bn",
        "train.epochz": "epochs",
        "train.warmup": "1",
        "train.seed": "",
        "train.keep": "",
    }
    for key, part in expected.items():
        (fault,) = (line for line in faults if line.startswith(f"  - {key}: "))
        assert part in fault


def test_a_method_that_does_not_compose_is_refused_with_its_reason_before_any_training(madx: Place) -> None:
    lora = ("--set", "method.kind=lora")
    madx.does("train", "intermediate", "snli")
    told = refused(madx, "train", "target", "xnli", "--on", "intermediate/snli", *lora, code=2)
    assert "lora" in told
    assert "silently loses" in told
    madx.does("train", "intermediate", "mnli", *lora)
    told = refused(madx, "train", "target", "xnli", "--on", "intermediate/mnli", code=2)
    assert "lora" in told
    madx.does("train", "target", "xnli", "--on", "intermediate/mnli", "--transfer", "continue", *lora)


def test_an_adapter_of_another_backbone_is_refused(damaged: Place, tmp_path: Path) -> None:
    from madx_stilts.demo.backbone import write_tiny_backbone
    from madx_stilts.demo.sentences import all_text

    write_tiny_backbone(tmp_path / "other", all_text(), seed=1)
    for words in (
        (*SCORE, "target/xnli"),
        ("train", "target", "xnli", "--on", "intermediate/snli"),
        ("train", "target", "xnli", "--on", "intermediate/snli", "--transfer", "continue"),
    ):
        told = refused(damaged, *words, "--backbone", tmp_path / "other", code=3)
        assert "was made for tiny" in told
        assert "fingerprint" in told


def test_a_name_that_means_two_adapters_is_told_with_what_differs(damaged: Place) -> None:
    damaged.does("train", "target", "xnli", "--seed", "1")
    said = damaged(*SCORE, "target/xnli")
    assert said.code == 3
    assert "means 2 adapters" in said.err
    assert "seed=0" in said.err
    assert "seed=1" in said.err


def test_a_folder_that_is_no_backbone_is_refused(madx: Place, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    told = refused(madx, "train", "intermediate", "snli", "--backbone", tmp_path / "empty", code=3)
    assert "config.json" in told


def test_a_data_set_that_is_nowhere_is_told_with_every_place_that_was_looked_into(madx: Place) -> None:
    told = refused(madx, "train", "intermediate", "anli", code=3)
    assert f"mirror {madx.mirror}: has no folder" in told
    assert "offline" in told
    assert "--data DIR" in told
