"""Tests run as on a bare machine: no settings of the user, no caches of theirs, no network, no GPU needed."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# No test depends on speed, so none has a deadline. HYPOTHESIS_PROFILE=long tries far more examples, for hours of a
# machine that has nothing else to do: HYPOTHESIS_PROFILE=long .venv/bin/pytest tests/cli/test_border.py
settings.register_profile("usual", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("long", settings.get_profile("usual"), max_examples=20_000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))

SHORT = "{limit: 24, train: {max_steps: %d, batch_size: 8, max_tokens: 48, keep: last}}"
GRID = """
name: small
backbones: [BACKBONE]
intermediates: [none, snli]
targets: [xnli]
languages: [en, de]
seeds: [0]
train: {intermediate: SHORT, target: SHORT}
evaluate: {limit: 16}
"""

SETTINGS = ("MADX_STILTS_", "HF_", "HUGGINGFACE_", "TRANSFORMERS_", "XDG_")
HOME = Path(tempfile.mkdtemp(prefix="madx-stilts-home-"))
"""The whole run, and every process it starts, has a home of its own."""

# When this file is read, not later: the Hugging Face libraries read the environment once, when they are imported, and
# the conftest of a folder that was named to pytest is read before any hook is called.
for name in [name for name in os.environ if name.startswith(SETTINGS)]:
    del os.environ[name]
os.environ |= {
    "HOME": str(HOME),
    "HF_HUB_OFFLINE": "1",
    "OMP_NUM_THREADS": "1",  # tiny models gain nothing from threads, which on a busy machine wait for each other
    "TOKENIZERS_PARALLELISM": "false",  # its threads and forked processes do not go together
}


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that home."""
    shutil.rmtree(HOME, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a GPU where there is none; torch is asked only if there is such a test."""
    wanting = [item for item in items if item.get_closest_marker("gpu")]
    if not wanting:
        return
    import torch

    if not torch.cuda.is_available():
        for item in wanting:
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def unset_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no option that an earlier test left in the environment reach this one."""
    for name in [name for name in os.environ if name.startswith("MADX_STILTS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def no_shipped_adapters(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a zoo hold what a test put there and nothing else, unless the test is about what comes with the package."""
    if request.node.get_closest_marker("shipped") is None:
        monkeypatch.setattr("madx_stilts.cli.zoos.shipped_zoo", lambda: None)


# --- Real parts in small, for whoever needs them: a tiny backbone with random weights, and a mirror of toy data. ---


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a random XLM-R of 4 layers x 64 and its own subword tokenizer."""
    from madx_stilts.demo.backbone import write_tiny_backbone
    from madx_stilts.demo.sentences import all_text

    folder = tmp_path_factory.mktemp("backbone") / "tiny"
    write_tiny_backbone(folder, all_text())
    return folder


@pytest.fixture(scope="session")
def tiny_mirror(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Toy data in hub layout: SNLI, MNLI, XNLI; CommonsenseQA, SIQa, COPA, XCOPA; SQuAD 1.1, XQuAD; PAN-X."""
    from madx_stilts.demo.sentences import ANIMALS, OPPOSITES, PLACES, write_data

    folder = tmp_path_factory.mktemp("mirror")
    write_data(folder)
    scenes = [(who[0], does[0][0], where[0]) for who in ANIMALS for does in OPPOSITES for where in PLACES]
    for name, rows in {**_questions(scenes), **_choices(scenes), **_entities(scenes)}.items():
        file = folder / f"{name}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture(scope="session")
def small_grid(tiny_backbone: Path) -> Callable[[int], str]:
    """The text of a grid of two cells: three trainings of so many steps, two scorings."""
    return lambda steps: GRID.replace("SHORT", SHORT % steps).replace("BACKBONE", json.dumps(str(tiny_backbone)))


@pytest.fixture(scope="session")
def miniature(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small miniature of seed 1: a constructed world in hub layout."""
    from madx_stilts.miniature.build import build

    folder = tmp_path_factory.mktemp("world") / "miniature"
    build(folder, seed=1, size="small")
    return folder


Scenes = list[tuple[str, str, str]]
FileRows = dict[str, list[dict[str, object]]]


def _questions(scenes: Scenes) -> FileRows:
    def row(at: int) -> dict[str, object]:
        who, does, where = scenes[at]
        other = scenes[(at * 7 + 3) % len(scenes)]
        context = f"{other[0]} {other[1]} {other[2]}. {who} {does} {where}."
        answers = {"text": [where], "answer_start": [context.rindex(where)]}
        return {
            "id": f"q{at}",
            "title": "t",
            "context": context,
            "question": f"where {does} {who}?",
            "answers": answers,
        }

    rows = [row(at) for at in range(len(scenes))]
    splits = {"rajpurkar/squad/plain_text/train": rows[:96], "rajpurkar/squad/plain_text/validation": rows[96:120]}
    return splits | {f"google/xquad/xquad.{code}/validation": rows[120:] for code in ("en", "de")}


def _choices(scenes: Scenes) -> FileRows:
    csqa: list[dict[str, object]] = []
    siqa: list[dict[str, object]] = []
    copa: list[dict[str, object]] = []
    for at, (who, does, where) in enumerate(scenes[:60]):
        places = [scenes[(at + step) % 5][2] for step in range(5)]
        choices = {"label": list("ABCDE"), "text": places}
        csqa.append(
            {"id": f"c{at}", "question": f"{who} {does} where?", "choices": choices, "answerKey": "ABCDE"[at % 5]}
        )
        answers = {f"answer{letter}": places[n] for n, letter in enumerate("ABC")}
        siqa.append({"context": f"{who} {does}.", "question": "where?", **answers, "label": str(at % 3 + 1)})
        two = {"choice1": f"{who} {where}.", "choice2": f"{who} is silent.", "question": ("cause", "effect")[at % 2]}
        copa.append({"premise": f"{who} {does}.", **two, "label": at % 2, "idx": at})
    return {
        "tau/commonsense_qa/default/train": csqa[:40],
        "tau/commonsense_qa/default/validation": csqa[40:],
        "lighteval/siqa/default/train": siqa[:40],
        "lighteval/siqa/default/validation": siqa[40:],
        "aps/super_glue/copa/train": copa[:40],
        "aps/super_glue/copa/validation": copa[40:50],
        "cambridgeltl/xcopa/it/validation": copa[40:50],
        "cambridgeltl/xcopa/it/test": copa[50:],
    }


def _entities(scenes: Scenes) -> FileRows:
    rows: list[dict[str, object]] = []
    for who, does, where in scenes:
        person, place = who.split(), where.split()
        tags = [1, *[2] * (len(person) - 1), *[0] * len(does.split()), 5, *[6] * (len(place) - 1)]
        rows.append({"tokens": [*person, *does.split(), *place], "ner_tags": tags, "langs": ["en"] * len(tags)})
    splits = {"train": rows[:80], "validation": rows[80:110], "test": rows[110:]}
    return {f"unimelb-nlp/wikiann/{code}/{split}": part for code in ("en", "de") for split, part in splits.items()}
