"""A backbone on the hub: what its cache holds is used, and the hub is asked for nothing that the work does not need."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from madx_stilts.backbone_files import backbone_folder, known_config
from madx_stilts.errors import BackboneError

NAME = "owner/tiny"
BRANCH = "main"


@dataclass
class Client:
    """What asks the hub, with a cache of its own."""

    hub: Any
    said: list[str]

    def folder(self, revision: str = BRANCH, *, offline: bool = False) -> Path:
        return backbone_folder(NAME, NAME, revision=revision, offline=offline, say=self.said.append)

    def requests(self, work: Callable[[], object]) -> list[str]:
        """What the hub is asked meanwhile."""
        before = len(self.hub.requests)
        work()
        found: list[str] = self.hub.requests[before:]
        return found


@pytest.fixture
def client(hub: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    from huggingface_hub import constants

    # How fast a busy machine answers is of no interest here.
    for timeout in ("HF_HUB_ETAG_TIMEOUT", "HF_HUB_DOWNLOAD_TIMEOUT"):
        monkeypatch.setattr(constants, timeout, 300)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    return Client(hub, [])


@pytest.fixture
def files(tiny_backbone: Path) -> dict[str, bytes]:
    """A repository as they are: several forms of the weights, and files that are no business of ours."""
    made = {file.name: file.read_bytes() for file in tiny_backbone.iterdir()}
    others = ("pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "onnx/model.onnx", "onnx/config.json")
    return made | dict.fromkeys((*others, "README.md", ".gitattributes"), b"another form of it")


def in_shards(tiny_backbone: Path, folder: Path) -> dict[str, bytes]:
    shutil.copytree(tiny_backbone, folder)
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    table = {key: f"model-{at % 3 + 1:05}-of-00003.safetensors" for at, key in enumerate(weights)}
    for shard in set(table.values()):
        save_file({key: value for key, value in weights.items() if table[key] == shard}, folder / shard)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": table}))
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def unreachable(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:1")


def gone(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    del client.hub.repositories[NAME]


def down(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    client.hub.faults["."] = (503, 1_000)


each_outage = pytest.mark.parametrize("outage", [unreachable, gone, down], ids=lambda outage: outage.__name__)
Outage = Callable[[Client, pytest.MonkeyPatch], None]


def test_only_the_files_that_are_loaded_are_downloaded(client: Client, files: dict[str, bytes]) -> None:
    client.hub.put(NAME, files)
    folder = client.folder()
    wanted = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"}
    assert {file.name for file in folder.iterdir()} == wanted & {*files}
    assert (folder / "model.safetensors").read_bytes() == files["model.safetensors"]
    assert client.said == []


def test_a_commit_in_the_cache_costs_no_request(client: Client, files: dict[str, bytes]) -> None:
    commit = client.hub.put(NAME, files).branches[BRANCH]
    folder = client.folder(commit)
    assert client.requests(lambda: client.folder(commit)) == []
    assert client.folder(commit) == folder


def test_a_commit_that_other_programs_downloaded_costs_no_request(client: Client, files: dict[str, bytes]) -> None:
    from huggingface_hub import snapshot_download

    commit = client.hub.put(NAME, files).branches[BRANCH]
    folder = snapshot_download(NAME, revision=commit)
    assert client.requests(lambda: client.folder(commit)) == []
    assert client.folder(commit) == Path(folder)


def test_a_branch_in_the_cache_costs_one_request(client: Client, files: dict[str, bytes]) -> None:
    client.hub.put(NAME, files)
    client.folder()
    assert client.requests(client.folder) == [f"GET /api/models/{NAME}/revision/main"]


def test_a_tokenizer_without_settings_is_asked_for_once(client: Client, files: dict[str, bytes]) -> None:
    from huggingface_hub import snapshot_download

    del files["tokenizer_config.json"]
    commit = client.hub.put(NAME, files).branches[BRANCH]
    snapshot_download(NAME, revision=commit)
    assert len(client.requests(lambda: client.folder(commit))) == 1
    assert client.requests(lambda: client.folder(commit)) == []


def test_a_branch_that_moved_is_followed(client: Client, files: dict[str, bytes]) -> None:
    client.hub.put(NAME, files)
    first = client.folder()
    commit = client.hub.put(NAME, files | {"README.md": b"another"}).branches[BRANCH]
    second = client.folder()
    assert (first.name != commit, second.name) == (True, commit)
    assert client.folder(offline=True) == second


@each_outage
@pytest.mark.parametrize("by", ["branch", "commit"])
def test_a_cached_backbone_is_used_while_the_hub_is_out_of_reach(
    by: str, outage: Outage, client: Client, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    revision = client.hub.put(NAME, files).branches[BRANCH] if by == "commit" else BRANCH
    client.hub.put(NAME, files)
    folder = client.folder(revision)
    outage(client, monkeypatch)
    assert client.folder(revision) == folder
    # Of a commit nothing is asked, so there is nothing to say.
    assert len(client.said) == (by == "branch")
    assert all(NAME in line and folder.name[:8] in line for line in client.said)


@each_outage
def test_a_cache_that_lacks_weights_is_no_backbone(
    outage: Outage, client: Client, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import snapshot_download

    commit = client.hub.put(NAME, files).branches[BRANCH]
    snapshot_download(NAME, revision=commit, allow_patterns=["*.json"])
    outage(client, monkeypatch)
    with pytest.raises(BackboneError, match="cannot be loaded from owner/tiny"):
        client.folder(commit)
    with pytest.raises(BackboneError, match=r"offline: the hub's cache lacks model\.safetensors"):
        client.folder(commit, offline=True)


@pytest.mark.parametrize("lost", ["model.safetensors", "tokenizer.json", "config.json", "tokenizer_config.json"])
def test_what_an_interrupted_download_left_out_is_fetched(lost: str, client: Client, files: dict[str, bytes]) -> None:
    from huggingface_hub import snapshot_download

    commit = client.hub.put(NAME, files).branches[BRANCH]
    snapshot_download(NAME, revision=commit, allow_patterns=["*.json", "*.safetensors"], ignore_patterns=[lost])
    folder = client.folder(commit)
    assert (folder / lost).read_bytes() == files[lost]


def test_shards_are_fetched_and_each_is_needed(client: Client, tiny_backbone: Path, tmp_path: Path) -> None:
    commit = client.hub.put(NAME, in_shards(tiny_backbone, tmp_path / "sharded")).branches[BRANCH]
    folder = client.folder(commit)
    assert len([*folder.glob("model-*")]) == 3
    assert client.requests(lambda: client.folder(commit)) == []
    (folder / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(BackboneError, match="lacks model-00002-of-00003"):
        client.folder(commit, offline=True)
    assert len([*client.folder(commit).glob("model-*")]) == 3


def test_weights_in_one_form_are_not_fetched_in_another(client: Client, files: dict[str, bytes]) -> None:
    from huggingface_hub import snapshot_download

    client.hub.put(NAME, files)
    folder = Path(snapshot_download(NAME, allow_patterns=["*.bin", "config.json", "tokenizer.json"]))
    assert client.folder() == folder
    assert (folder / "tokenizer_config.json").is_file()
    assert client.hub.asked("safetensors") == []


def test_an_index_cannot_reach_for_files_elsewhere(client: Client, files: dict[str, bytes]) -> None:
    del files["model.safetensors"]
    table = {"a": "../../secret", "b": "/etc/passwd", "c": "*"}
    files["model.safetensors.index.json"] = json.dumps({"weight_map": table}).encode()
    client.hub.put(NAME, files)
    with pytest.raises(BackboneError):
        client.folder()
    assert client.hub.asked("secret|passwd|onnx") == []


def test_of_what_is_not_here_the_config_alone_is_fetched(client: Client, files: dict[str, bytes]) -> None:
    client.hub.put(NAME, files)
    assert known_config(NAME, BRANCH, offline=True) is None
    config = known_config(NAME, BRANCH, offline=False)
    assert config is not None
    assert config["model_type"] == "xlm-roberta"
    assert client.hub.asked("safetensors") == []


def test_what_is_nowhere_is_told_as_such(client: Client) -> None:
    with pytest.raises(BackboneError, match="there is no such repository"):
        client.folder()
    with pytest.raises(BackboneError, match="has nothing of it at main"):
        client.folder(offline=True)


def test_a_gated_repository_says_how_to_get_in(client: Client, files: dict[str, bytes]) -> None:
    client.hub.put(NAME, files)
    client.hub.faults["."] = (403, 1_000)
    with pytest.raises(BackboneError, match="403"):
        client.folder()


def test_the_program_tells_that_the_cache_is_used(
    client: Client, files: dict[str, bytes], theirs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.hub.put(NAME, files)
    shown = theirs("backbone", "show", NAME, "--json")
    assert shown.code == 0
    down(client, monkeypatch)
    again = theirs("backbone", "show", NAME, "--json")
    assert (again.code, again.json) == (0, shown.json)
    assert f"The hub does not give {NAME} (it answers with an error (503)); its cache is used" in again.err


def test_loading_asks_the_hub_for_no_more(client: Client, files: dict[str, bytes], theirs: Any) -> None:
    commit = client.hub.put(NAME, files).branches[BRANCH]
    client.folder(commit)
    from madx_stilts.nets.backbone import load_backbone

    assert client.requests(lambda: load_backbone("tiny", NAME, revision=commit)) == []
    client.folder()
    assert len(client.requests(lambda: theirs("backbone", "show", NAME, "--json"))) == 1


@pytest.mark.parametrize("fault", ["drip", "drip header", "endless"])
@pytest.mark.parametrize("request_", ["GET /api/models", "GET .*/tokenizer.json", "GET .*/model.safetensors"])
def test_a_hub_that_never_ends_is_given_up(
    fault: str, request_: str, client: Client, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("madx_stilts.transfer._LEAST_WAITS", 1_000 if fault == "endless" else 0.002)
    monkeypatch.setattr("madx_stilts.deadline._BESIDE_FILES", 1_000_000)
    client.hub.put(NAME, files)
    client.hub.faults[request_] = (fault, 99)
    reason = "sends far more than it said" if fault == "endless" else r"too slow, .* bytes came in"
    with pytest.raises(BackboneError, match=f"tiny cannot be loaded .*{reason}") as caught:
        client.folder()
    assert ("HF_HUB_DOWNLOAD_TIMEOUT" in caught.value.hint) == (fault != "endless")


def test_a_cached_backbone_is_used_when_the_hub_sends_too_slowly(
    client: Client, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.hub.put(NAME, files)
    folder = client.folder()
    monkeypatch.setattr("madx_stilts.transfer._LEAST_WAITS", 0.002)
    client.hub.faults["GET /api/models"] = ("drip", 99)
    assert client.folder() == folder
    assert "too slow" in client.said[0]


@pytest.mark.parametrize(
    "change",
    [
        {"siblings": 7},
        {"siblings": [7]},
        {"siblings": [{"size": 4}]},
        {"siblings": [{"rfilename": 7}]},
        {"siblings": {"a": 1}},
        {"sha": None},
        {"createdAt": "x"},
        7,
        [],
    ],
)
def test_a_hub_that_says_nothing_sensible_is_told(change: Any, client: Client, files: dict[str, bytes]) -> None:
    commit = client.hub.put(NAME, files).branches[BRANCH]
    facts = {"id": NAME, "sha": commit, "siblings": [{"rfilename": name} for name in files]}
    answer = {**facts, **change} if isinstance(change, dict) else change
    client.hub.faults["GET /api/models"] = (json.dumps(answer).encode(), 99)
    with pytest.raises(BackboneError, match="what it says of it makes no sense"):
        client.folder()


def test_half_a_file_of_other_bytes_in_the_cache_is_not_made_whole(
    client: Client, files: dict[str, bytes], tmp_path: Path
) -> None:
    client.hub.put(NAME, files)
    weights = files["model.safetensors"]
    blobs = tmp_path / "hub" / "models--owner--tiny" / "blobs"
    blobs.mkdir(parents=True)
    # As `hf_xet` leaves it when it is stopped: what came later is there, and what came earlier is not.
    (blobs / f"{hashlib.sha256(weights).hexdigest()}.incomplete").write_bytes(bytes(len(weights) // 2))
    with pytest.raises(BackboneError, match=r"model\.safetensors came damaged, and was removed again"):
        client.folder()
    assert (client.folder() / "model.safetensors").read_bytes() == weights
