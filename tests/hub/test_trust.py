"""Folders that others made: weights under a known id, configs unlike the card, links, odd texts; said and refused."""

import json
import re
import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

Place = Any
Hub = Any
Change = Callable[[dict[str, Any]], object]
TARGET = "target/xnli+snli"
CONFIG, WEIGHTS, HEAD = "adapter_config.json", "adapter.safetensors", "head_config.json"


@pytest.fixture(scope="module")
def exported(trained: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """XNLI on SNLI, as `zoo export` writes it, to be looked at only."""
    folder: Path = tmp_path_factory.mktemp("exported") / "xnli"
    trained.does("zoo", "export", TARGET, folder)
    return folder


@pytest.fixture
def folder(exported: Path, tmp_path: Path) -> Path:
    """A copy of it, to be changed."""
    return shutil.copytree(exported, tmp_path / "folder")


def sign(folder: Path, change: Change = lambda card: None) -> None:
    """Change the card, and let it have the sums of the files as they are now."""
    card = json.loads((folder / "card.json").read_text())
    change(card)
    for name in card["files"]:
        if (folder / name).is_file():
            card["files"][name] = sha256((folder / name).read_bytes()).hexdigest()
    (folder / "card.json").write_text(json.dumps(card))


def change_json(path: Path, change: Change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def change_weights(folder: Path, file: str = WEIGHTS, value: float | None = None) -> None:
    """Other weights of the same shapes, under sums that are right."""
    tensors = {name: one + 1 for name, one in load_file(folder / file).items()}
    if value is not None:
        next(iter(tensors.values())).flat[3] = value
    save_file(tensors, folder / file)
    sign(folder)


def refuses(place: Place, folder: Path, *words: str) -> str:
    """What the import says that refuses a folder and leaves nothing."""
    said = place("zoo", "import", folder, *words)
    assert said.code == 3, said.err
    assert "Traceback" not in said.err
    assert place.is_empty()
    return str(said.err)


# Weights under a known id.


def test_other_weights_of_a_known_id_stop_the_import_whichever_came_first(
    theirs: Place, exported: Path, folder: Path, tmp_path: Path
) -> None:
    change_weights(folder)
    for first, second in ((folder, exported), (exported, folder)):
        place = replace(theirs, zoo=tmp_path / f"zoo-{first.name}" / "zoo")
        place.does("zoo", "import", first)
        before = {path: path.read_bytes() for path in (place.zoo / "objects").rglob("*.safetensors")}
        said = place("zoo", "import", second)
        assert said.code == 3
        assert str(first) in said.err
        assert str(second) in said.err
        assert f"{WEIGHTS} differ" in said.err
        assert "--replace" in said.err
        assert {path: path.read_bytes() for path in (place.zoo / "objects").rglob("*.safetensors")} == before


def test_with_replace_the_new_weights_take_the_place(theirs: Place, exported: Path, folder: Path) -> None:
    change_weights(folder)
    theirs.does("zoo", "import", folder)
    theirs.does("zoo", "import", exported, "--replace")
    place = Path(theirs.does("zoo", "show", TARGET, "--json").json["folder"])
    assert (place / WEIGHTS).read_bytes() == (exported / WEIGHTS).read_bytes()
    assert theirs.does("zoo", "verify").out.startswith("2 adapters")


def test_weights_that_another_adapter_was_trained_on_are_not_replaced(
    theirs: Place, exported: Path, folder: Path
) -> None:
    theirs.does("zoo", "import", exported)
    (lower,) = (folder / "lineage").iterdir()
    change_weights(lower)
    said = theirs("zoo", "import", lower, "--replace")
    assert said.code == 3
    assert f"{TARGET}@" in said.err


def test_a_log_and_a_page_may_differ(theirs: Place, exported: Path, folder: Path) -> None:
    theirs.does("zoo", "import", exported)
    (folder / "README.md").write_text("another page")
    with (folder / "training_log.jsonl").open("a") as log:
        log.write("\n")
    sign(folder, lambda card: card.update(wall_seconds=7.0, created="2020-02-29T00:00:00Z"))
    theirs.does("zoo", "import", folder)


def test_pull_and_publish_stop_at_other_weights(theirs: Place, ours: Place, folder: Path, hub: Hub) -> None:
    to = ("--to", "hub:me/xnli")
    change_weights(folder)
    theirs.does("zoo", "import", folder)
    theirs.does("zoo", "publish", TARGET, *to)
    for said in (ours("zoo", "publish", TARGET, *to), ours("zoo", "pull", "hub:me/xnli")):
        assert said.code == 3
        assert "with other weights" in said.err
    said = ours("zoo", "publish", TARGET, "--to", theirs.zoo)
    assert said.code == 3
    assert "with other weights" in said.err


def test_train_says_what_was_imported_and_trains_it_on_request(
    theirs: Place, ours: Place, folder: Path, tmp_path: Path
) -> None:
    words = ("train", "target", "xnli", "--offline")
    ours.does("zoo", "export", "target/xnli", tmp_path / "alone")
    honest = (tmp_path / "alone" / WEIGHTS).read_bytes()
    change_weights(tmp_path / "alone")
    theirs.does("zoo", "import", tmp_path / "alone")
    said = theirs.does(*words)
    assert f"imported from {tmp_path / 'alone'}, not trained here" in said.out
    assert theirs.does(*words, "--json").json["imported_from"] == str(tmp_path / "alone")
    assert "not trained here" not in theirs.does(*words, "--replace-imported").out
    said = theirs.does(*words, "--replace-imported")
    assert "It was in the zoo already; nothing was trained." in said.out
    place = Path(theirs.does("zoo", "show", "target/xnli", "--json").json["folder"])
    assert (place / WEIGHTS).read_bytes() == honest


def test_an_adapter_keeps_its_origin_in_another_zoo(theirs: Place, ours: Place, exported: Path, tmp_path: Path) -> None:
    theirs.does("zoo", "import", exported)
    theirs.does("zoo", "publish", TARGET, "--to", tmp_path / "group")
    said = replace(theirs, zoo=tmp_path / "group").does("train", "target", "xnli", "--on", "intermediate/snli")
    assert f"imported from {exported}, not trained here" in said.out


# What the card says and what the files say.

CONFIG_CHANGES: list[Change] = [
    lambda one: one["config"].update(is_parallel=True),
    lambda one: one["config"].update(is_parallel=0),
    lambda one: one["config"].update(non_linearity="gelu"),
    lambda one: one["config"].update(reduction_factor=1e-9),
    lambda one: one["config"].update(reduction_factor={"default": 16}),
    lambda one: one["config"].update(leave_out=[0]),
    lambda one: one["config"].update(scaling=0.0),
    lambda one: one["config"].update(use_gating=True),
    lambda one: one["config"].update(inv_adapter="nice", inv_adapter_reduction_factor=2),
    lambda one: one["config"].update(surprise=1),
    lambda one: one["config"].pop("dropout"),
    lambda one: one.update(surprise=1),
    lambda one: one.update(name="other-12345678"),
    lambda one: one.update(hidden_size=128),
    lambda one: one.update(model_type="bert"),
    lambda one: one.update(version=None),
    lambda one: one.update(config="seq_bn"),
    lambda one: one.update(config={"architecture": "lora", "r": 8}),
    lambda one: one.clear(),
]
HEAD_CHANGES: list[Change] = [
    lambda one: one["config"].update(layers=10**6),
    lambda one: one["config"].update(layers=3),
    lambda one: one["config"].update(num_labels=10**9),
    lambda one: one["config"].update(head_type="tagging"),
    lambda one: one["config"].update(head_type=["classification"]),
    lambda one: one["config"].update(activation_function="relu"),
    lambda one: one["config"].update(label2id={"contradiction": 0, "neutral": 1, "entailment": 2}),
    lambda one: one["config"].update(label2id={"a": 0, "b": 0, "c": 1}),
    lambda one: one["config"].update(label2id=None),
    lambda one: one["config"].update(use_pooler=True),
    lambda one: one["config"].update(dropout_prob=1.5),
    lambda one: one["config"].update(surprise=1),
]


@pytest.mark.parametrize(
    ("file", "change"), [*((CONFIG, one) for one in CONFIG_CHANGES), *((HEAD, one) for one in HEAD_CHANGES)]
)
def test_a_config_that_its_recipe_does_not_make_is_refused(
    file: str, change: Change, theirs: Place, folder: Path
) -> None:
    change_json(folder / file, change)
    sign(folder)
    assert f"{file} does not agree with the card" in refuses(theirs, folder)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"[" * 50_000, b'{"config": NaN}', b'{"a": ' + b"9" * 5000 + b"}"]
)
@pytest.mark.parametrize("file", [CONFIG, HEAD])
def test_a_config_that_is_none_is_refused(file: str, content: bytes, theirs: Place, folder: Path) -> None:
    (folder / file).write_bytes(content)
    sign(folder)
    assert f"{file} does not agree" in refuses(theirs, folder)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("file", [WEIGHTS, "model_head.safetensors"])
def test_weights_that_are_not_finite_are_refused(file: str, value: float, theirs: Place, folder: Path) -> None:
    change_weights(folder, file, value)
    assert "not finite" in refuses(theirs, folder)


def test_tensors_of_other_names_or_shapes_are_refused(theirs: Place, folder: Path) -> None:
    good = load_file(folder / WEIGHTS)
    first = next(iter(good))
    changes: list[dict[str, Any]] = [
        {**good, "roberta.surprise": good[first]},
        {**good, first.replace("adapter_", "another_"): good[first]},
        {**good, first: np.zeros((3, 3), np.float32)},
        {},
    ]
    for tensors in changes:
        save_file(tensors, folder / WEIGHTS)
        sign(folder)
        assert f"{WEIGHTS} does not agree" in refuses(theirs, folder)


def test_tensors_that_share_bytes_are_refused(theirs: Place, folder: Path) -> None:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({f"x.{number}": entry for number in range(1000)}).encode()
    (folder / WEIGHTS).write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))
    sign(folder)
    assert "overlap" in refuses(theirs, folder)


@pytest.mark.parametrize("name", ["pytorch_adapter.bin", "run.py", "heads/mnli/model_head.safetensors"])
def test_a_file_that_no_such_adapter_has_is_refused(name: str, theirs: Place, folder: Path) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(b"x")
    sign(folder, lambda card: card["files"].update({name: ""}))
    assert f"{name} does not agree" in refuses(theirs, folder)


@pytest.mark.parametrize("name", [WEIGHTS, HEAD, CONFIG])
def test_a_card_without_a_file_that_it_needs_is_refused(name: str, theirs: Place, folder: Path) -> None:
    sign(folder, lambda card: card["files"].pop(name))
    assert "it is missing" in refuses(theirs, folder)


def test_configs_are_compared_again_before_the_model_is_built(ours: Place) -> None:
    place = Path(ours.does("zoo", "show", "target/xnli", "--json").json["folder"])
    change_json(place / HEAD, lambda one: one["config"].update(layers=10**6))
    sign(place)
    said = ours("evaluate", "xnli", "--stack", "target/xnli", "--languages", "de", "--offline")
    assert said.code == 3
    assert f"{HEAD} does not agree" in said.err


# The card itself.

CARD_CHANGES: list[Change] = [
    lambda card: card.update(created="2024-99-99T00:00:00Z"),
    lambda card: card.update(created="2023-02-29T00:00:00Z"),
    lambda card: card.update(created="2024-01-01T25:00:00Z"),
    lambda card: card["parents"].append({"reference": "itself", "id": card["id"]}),
    lambda card: card["parents"].append({"reference": "another", "id": "a" * 64}),
    lambda card: card["parents"].clear(),
    lambda card: card.update(name=".."),
    lambda card: card.update(name="snli-00000000"),
    lambda card: card.update(name="x" * 300),
    lambda card: card.update(notes=["x"] * 100_000),
    lambda card: card.update(notes=["x" * 1_000_000]),
    lambda card: card.update(peak_bytes=10**300),
    lambda card: card.update(wall_seconds=1e300),
    lambda card: card.update(steps="12"),
    lambda card: card.update(files={**card["files"], "../x": "0" * 64}),
    lambda card: card.update(surprise=1),
]


@pytest.mark.parametrize("change", CARD_CHANGES)
def test_a_card_with_an_odd_value_is_refused(change: Change, theirs: Place, folder: Path) -> None:
    sign(folder, change)
    refuses(theirs, folder)


@pytest.mark.parametrize("text", ["NaN", "1e999", "9" * 5000, "[" * 9000])
def test_a_card_with_a_number_that_is_none_is_refused(text: str, theirs: Place, folder: Path) -> None:
    content = (folder / "card.json").read_text()
    (folder / "card.json").write_text(re.sub(r'"wall_seconds":[\d.]+', f'"wall_seconds":{text}', content))
    refuses(theirs, folder)


@pytest.mark.parametrize(
    "names",
    [
        [["target", "x" * 300]],
        [["target", "é" * 150]],
        [["target", "x\n"]],
        [["target", "x@0123"]],
        [["target", ""]],
        [["target", ".."]],
        [["target", "x\x1b[2J"]],
        [["target", f"x{at}"] for at in range(1000)],
    ],
)
def test_a_name_that_no_reference_could_hold_is_refused(names: list[list[str]], theirs: Place, folder: Path) -> None:
    change_json(folder / "reference.json", lambda one: one.update(names=names))
    refuses(theirs, folder)


def test_an_adapter_that_is_there_twice_with_different_files_is_refused(theirs: Place, folder: Path) -> None:
    (lower,) = (folder / "lineage").iterdir()
    other = shutil.copytree(lower, folder / "lineage" / "again")
    change_weights(other)
    assert "twice" in refuses(theirs, folder)


# Links.


def as_cached(folder: Path, repository: Path) -> Path:
    """The folder as the hub's cache lays it out: files are links to what is kept once."""
    snapshot = repository / "snapshots" / ("c0" * 20)
    (repository / "blobs").mkdir(parents=True)
    for path in folder.rglob("*"):
        if path.is_file():
            place = snapshot / path.relative_to(folder)
            place.parent.mkdir(parents=True, exist_ok=True)
            blob = repository / "blobs" / sha256(path.read_bytes()).hexdigest()
            shutil.copyfile(path, blob)
            place.symlink_to(Path(*[".."] * (len(place.relative_to(repository).parts) - 1), "blobs", blob.name))
    return snapshot


def test_a_folder_of_the_hubs_cache_is_imported(theirs: Place, exported: Path, tmp_path: Path) -> None:
    snapshot = as_cached(exported, tmp_path / "models--me--xnli")
    theirs.does("zoo", "import", snapshot)
    assert theirs.does("zoo", "verify").out.startswith("2 adapters")
    stored = [path for path in theirs.zoo.rglob("*") if path.is_symlink()]
    assert stored == []


def test_a_link_to_the_folder_itself_is_followed(theirs: Place, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(exported)
    theirs.does("zoo", "import", tmp_path / "link")


@pytest.mark.parametrize("target", ["/etc/passwd", "../../../secret", "nowhere", ".", "../../blobs", "link.json"])
def test_a_link_out_of_the_cache_is_refused(target: str, theirs: Place, exported: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    snapshot = as_cached(exported, tmp_path / "models--me--xnli")
    (snapshot / "link.json").symlink_to(target)
    assert "cp -rL" in refuses(theirs, snapshot)


def test_a_link_in_a_plain_folder_is_refused_with_the_way_out(theirs: Place, folder: Path) -> None:
    (folder / WEIGHTS).rename(folder.parent / "weights")
    (folder / WEIGHTS).symlink_to(folder.parent / "weights")
    assert "cp -rL" in refuses(theirs, folder)


def test_a_pipe_is_refused_and_not_waited_for(theirs: Place, folder: Path) -> None:
    import os

    (folder / "card.json").unlink()
    os.mkfifo(folder / "card.json")
    assert "no plain file" in refuses(theirs, folder)


# Text.

NOTE = "<script>alert(1)</script> [x](javascript:y) `code` \x1b[2J\u202e | # | \n\n# Heading"


def test_text_of_others_is_text_on_the_page_and_on_the_terminal(theirs: Place, folder: Path, tmp_path: Path) -> None:
    sign(
        folder,
        lambda card: card.update(
            notes=[NOTE], licence=NOTE, scores={NOTE: 7.0}, versions={NOTE: NOTE}, origins={NOTE: NOTE}
        ),
    )
    theirs.does("zoo", "import", folder)
    for words in (("zoo", "show", TARGET), ("zoo", "list"), ("zoo", "verify")):
        said = theirs.does(*words)
        assert not set(said.out + said.err) & set("\x1b\u202e\x07\r")
    theirs.does("zoo", "export", TARGET, tmp_path / "again")
    page = (tmp_path / "again" / "README.md").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"(?<!\\)\]\(javascript", page)
    assert not set(page) & set("\x1b\u202e")
    assert "\n# Heading" not in page
    theirs.does("zoo", "publish", TARGET, "--to", "hub:me/x", "--dry-run", "--offline")
    assert "\x1b" not in theirs.does("zoo", "publish", TARGET, "--to", "hub:me/x", "--dry-run", "--offline").out
    assert theirs.does("zoo", "show", TARGET, "--json").json["notes"] == [NOTE]


def test_an_error_has_no_control_characters(theirs: Place, folder: Path, hub: Hub) -> None:
    (folder / "\x1b[2Jx").write_text("x")
    assert "\x1b" not in refuses(theirs, folder)
    hub.put("me/x", {"\x1b[2Jx": b"x"})
    assert "\x1b" not in theirs("zoo", "pull", "hub:me/x").err
    odd = folder.parent / "\x1b]0;title\x07"
    assert "\x1b" not in theirs("zoo", "import", odd).err
