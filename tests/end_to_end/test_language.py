"""Language adapters: trained on a text file, put below task adapters, exchanged for each language."""

from pathlib import Path
from typing import Any

import pytest

from madx_stilts.demo.sentences import LANGUAGES, pairs

Place = Any
CONFIG = ("--config", "language", "--set", "train.evaluate_every=1")


@pytest.fixture
def texts(tmp_path: Path) -> dict[str, Path]:
    """A text file for each language of the toy sentences."""
    files = {language: tmp_path / f"{language}.txt" for language in LANGUAGES}
    for at, file in enumerate(files.values()):
        lines = dict.fromkeys(pair.premise[at] for pair in pairs(seed=0))
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return files


@pytest.fixture
def adapted(madx: Place, texts: dict[str, Path]) -> Place:
    """A workplace with language adapters for en and de, and XNLI on that for en."""
    for language in ("en", "de"):
        madx.does("train", "language", language, "--text", texts[language], *CONFIG)
    madx.does("train", "target", "xnli", "--language-adapter", "language/en")
    return madx


def test_a_language_adapter_is_exchanged_for_each_language(adapted: Place) -> None:
    refs = adapted.refs()
    stack = ("--stack", "language/en,target/xnli+la.en")
    words = ("evaluate", "xnli", *stack, "--languages", "en,de,es", "--json", "--language-adapters")
    assert adapted("evaluate", "xnli", *stack, "--languages", "es", "--language-adapters", "swap").code == 3
    kept = adapted.does(*words, "keep").json
    assert set(kept["language_adapters"].values()) == {refs["language/en"]}
    for rule, spanish in (("source", refs["language/en"]), ("none", None)):
        swapped = adapted.does(*words, "swap", "--missing", rule).json
        assert swapped["language_adapters"] == {"en": refs["language/en"], "de": refs["language/de"], "es": spanish}
        assert swapped["scores"]["en"] == kept["scores"]["en"]


def test_an_exchanged_language_adapter_is_no_mistake_and_a_lacking_one_is_noted(adapted: Place) -> None:
    words = ("evaluate", "xnli", "--languages", "de", "--limit", "9", "--quiet", "--stack")
    assert "target/xnli+la.en was trained" not in adapted.does(*words, "language/de,target/xnli+la.en").err
    assert "Note: target/xnli+la.en" in adapted.does(*words, "target/xnli+la.en").err


def test_codes_of_one_language_meet_and_it_is_told(adapted: Place, texts: dict[str, Path]) -> None:
    said = adapted.does("train", "language", "spa", "--text", texts["es"], *CONFIG)
    assert "tasks here call spa es (Spanish)" in said.err
    words = ("evaluate", "xnli", "--stack", "language/en,target/xnli+la.en", "--json", "--limit", "9")
    said = adapted.does(*words, "--languages", "deu,es-ES", "--language-adapters", "swap")
    refs = adapted.refs()
    assert said.json["language_adapters"] == {"de": refs["language/de"], "es": refs["language/spa"]}
    assert "Note: deu is called de here" in said.err
    assert "there is no language adapter es; spa, the same or a related language, is taken for it" in said.err
    (one,) = adapted.does("tasks", "check", "xnli", "--languages", "deu", "--split", "test", "--json").json["sets"]
    assert one["language"] == "de"
    assert adapted.does("tasks", "preview", "xnli", "--language", "deu", "--json").json["language"] == "de"
    assert adapted("evaluate", "xnli", "--stack", "target/xnli+la.en", "--languages", "tlh").code == 2


def test_a_task_is_trained_in_a_language_by_any_of_its_codes(madx: Place) -> None:
    first = madx.does("train", "intermediate", "snli", "--language", "eng", "--json").json
    assert madx.does("train", "intermediate", "snli@eng", "--json").json["trained"] == []
    assert madx.does("train", "intermediate", "snli", "--json").json["id"] == first["id"]


def test_the_card_names_the_language_adapter_below(adapted: Place) -> None:
    refs = adapted.refs()
    assert set(refs) == {"language/en", "language/de", "target/xnli+la.en"}
    assert f"on {refs['language/en']}\n" in adapted.does("zoo", "show", "target/xnli+la.en").out
    assert adapted.has_nothing_half_written()


def test_an_intermediate_and_a_target_stand_on_one_language_adapter(adapted: Place) -> None:
    below = ("--language-adapter", "language/en")
    adapted.does("train", "intermediate", "snli", *below)
    assert adapted("train", "target", "xnli", "--on", "intermediate/snli").code == 2
    said = adapted.does("train", "target", "xnli", "--on", "intermediate/snli", *below)
    refs = adapted.refs()
    stack = ",".join(refs[name] for name in ("language/en", "intermediate/snli", "target/xnli+snli+la.en"))
    assert f"--stack {stack}" in said.out


def test_a_language_adapter_is_not_trained_twice(madx: Place, texts: dict[str, Path]) -> None:
    words = ("train", "language", "de", "--text", texts["de"], *CONFIG)
    assert (madx.does(*words).trained, madx.does(*words).trained) == (1, 0)


def test_a_code_that_no_task_knows_is_noted_and_trained(madx: Place, texts: dict[str, Path]) -> None:
    said = madx.does("train", "language", "xq", "--text", texts["de"], *CONFIG)
    assert "Note: no task here has a language with the code 'xq'" in said.err
    assert set(madx.refs()) == {"language/xq"}


@pytest.mark.parametrize("source", ["nowhere.txt", "no_owner", "owner/none"])
def test_text_that_is_not_there_is_refused(source: str, madx: Place) -> None:
    said = madx("train", "language", "de", "--text", source, *CONFIG)
    assert said.code in (2, 3)
    assert source in said.err
    assert madx.has_nothing_half_written()


def test_too_little_text_is_refused(madx: Place, tmp_path: Path) -> None:
    (tmp_path / "few.txt").write_text("one line\nanother\n")
    said = madx("train", "language", "de", "--text", tmp_path / "few.txt", *CONFIG)
    assert said.code == 3
    assert "few.txt gives 2 texts" in said.err


def test_a_language_adapter_learns_from_translations(madx: Place, tmp_path: Path) -> None:
    lines = dict.fromkeys("\t".join(pair.premise[:2]) for pair in pairs(seed=0))
    (tmp_path / "pairs.tsv").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    madx.does("train", "language", "de", "--text", tmp_path / "pairs.tsv", *CONFIG)
    assert set(madx.refs()) == {"language/de"}


def test_odd_lines_of_a_corpus_do_not_stop_a_training(madx: Place, texts: dict[str, Path], tmp_path: Path) -> None:
    odd = ["\u200b", "\u16a0\u16a2 \u16a0", "\u00ad"]
    lines = [*odd, *texts["de"].read_text(encoding="utf-8").splitlines(), *odd]
    (tmp_path / "odd.txt").write_text("\n".join(lines), encoding="utf-8")
    madx.does("train", "language", "de", "--text", tmp_path / "odd.txt", *CONFIG)
    assert set(madx.refs()) == {"language/de"}


def test_a_budget_in_tokens_is_part_of_the_recipe(madx: Place, texts: dict[str, Path]) -> None:
    words = ("train", "language", "de", "--text", texts["de"], *CONFIG)
    madx.does(*words, "--tokens", "500", "--name", "small")
    madx.does(*words)
    small, whole = (madx.does("zoo", "show", f"language/{name}", "--json").json for name in ("small", "de"))
    assert small["recipe"]["parts"][0]["tokens"] == 500
    assert small["examples_seen"] < whole["examples_seen"]
    assert small["id"] != whole["id"]
