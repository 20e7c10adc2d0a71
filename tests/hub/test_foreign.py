"""Adapters of others, without our card: what is imported, what the card then says, what is refused."""

import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save, save_file

Place = Any
Hub = Any
PULL = ("zoo", "pull", "hub:AdapterHub/tiny-mnli")
CONFIG = "adapter_config.json"


@pytest.fixture(scope="module")
def plain(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, bytes]]:
    """Makes the files of an adapter as plain `adapters` pushes it: pickled, with a head if labels are given."""
    from adapters import AutoAdapterModel

    def make(config: str = "seq_bn", labels: tuple[str, ...] = (), name: str = "mnli") -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("plain")
        model = AutoAdapterModel.from_pretrained(tiny_backbone)
        model.config.name_or_path = "someone/tiny"
        model.add_adapter(name, config=config)
        if labels:
            model.add_classification_head(name, num_labels=len(labels), id2label=dict(enumerate(labels)))
        model.save_adapter(str(folder), name, with_head=bool(labels))
        files = {path.name: path.read_bytes() for path in folder.iterdir()}
        front = "---\ntags:\n- adapter-transformers\n- adapterhub:nli/multinli\n---\n"
        return {**files, "README.md": front.encode()}

    return make


def test_a_task_adapter_is_imported_with_a_card_that_says_what_is_known(
    plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-mnli", plain(labels=("entailment", "neutral", "contradiction")))
    assert theirs(*PULL[:2], "hub:AdapterHub/nothing").code == 3
    said = theirs.does(*PULL)
    assert "how it was trained is not known" in said.err
    card = theirs.does("zoo", "show", "intermediate/mnli", "--json").json
    assert card["foreign"]["source"].startswith("hub:AdapterHub/tiny-mnli@")
    assert card["recipe"]["parts"][0]["task"] == "mnli"
    assert "training  not known" in theirs.does("zoo", "show", "intermediate/mnli").out
    assert theirs.does("zoo", "verify").code == 0
    said = theirs.does("evaluate", "xnli", "--stack", "intermediate/mnli", "--languages", "de", "--offline", "--json")
    assert said.json["scores"]["de"]["n"] == 120


def test_imported_weights_give_the_logits_of_the_original(
    plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub, tmp_path: Path, tiny_backbone: Path
) -> None:
    from adapters import AutoAdapterModel

    files = plain(labels=("entailment", "neutral", "contradiction"))
    hub.put("AdapterHub/tiny-mnli", files)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    theirs.does(*PULL)
    imported = theirs.does("zoo", "show", "intermediate/mnli", "--json").json["folder"]
    inputs, logits = {"input_ids": torch.tensor([[0, 9, 7, 30, 2]])}, []
    for folder, safe in ((tmp_path, False), (Path(imported), True)):
        model = AutoAdapterModel.from_pretrained(tiny_backbone)
        model.load_adapter(str(folder), set_active=True, use_safetensors=safe)
        model.eval()
        with torch.no_grad():
            logits.append(model(**inputs).logits)
    assert torch.equal(*logits)


def test_a_language_adapter_keeps_its_invertible_part_and_stands_below(
    plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-de", plain("seq_bn_inv", name="de"))
    theirs.does("zoo", "pull", "hub:AdapterHub/tiny-de")
    hub.put("AdapterHub/tiny-mnli", plain(labels=("entailment", "neutral", "contradiction")))
    theirs.does(*PULL, "--role", "target")
    assert set(theirs.refs()) == {"language/de", "target/mnli"}
    theirs.does("evaluate", "xnli", "--stack", "language/de,target/mnli", "--languages", "de", "--offline")


def test_a_head_with_other_labels_is_left_out_and_told(
    plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-mnli", plain(labels=("contradiction", "neutral", "entailment")))
    assert "Its head was left out" in theirs.does(*PULL).err
    assert "head_config.json" not in theirs.does("zoo", "show", "intermediate/mnli", "--json").json["files"]


def test_a_foreign_adapter_is_published_and_pulled_as_what_it_is(
    plain: Callable[..., dict[str, bytes]], theirs: Place, ours: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-mnli", plain())
    ours.does(*PULL)
    ours.does("zoo", "publish", "intermediate/mnli", "--to", "hub:me/again")
    assert "How is not known here" in hub.main("me/again")["README.md"].decode()
    theirs.does("zoo", "pull", "hub:me/again")
    assert theirs.refs()["intermediate/mnli"] == ours.refs()["intermediate/mnli"]


class Evil:
    """Runs code when it is unpickled by a careless reader."""

    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return os.mkdir, (str(Path(os.environ["EVIL"])),)


def evil_pickle(_: bytes) -> bytes:
    return pickle.dumps({"x": Evil()})


def evil_archive(content: bytes) -> bytes:
    path = Path(os.environ["EVIL"] + ".zip")
    torch.save({"x": Evil()}, path)
    return path.read_bytes()


def bomb(_: bytes) -> bytes:
    path = Path(os.environ["EVIL"] + ".bomb")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(30_000_000))
    return path.read_bytes()


def expanded(_: bytes) -> bytes:
    path = Path(os.environ["EVIL"] + ".expanded")
    torch.save({"x": torch.zeros(1).expand(2**40)}, path)
    return path.read_bytes()


def a_list(_: bytes) -> bytes:
    path = Path(os.environ["EVIL"] + ".list")
    torch.save([torch.zeros(2)], path)
    return path.read_bytes()


BAD_PICKLES = (evil_pickle, evil_archive, bomb, expanded, a_list, lambda content: content[:200], lambda _: b"")


@pytest.mark.parametrize("change", BAD_PICKLES)
def test_a_hostile_pickle_is_refused_and_not_executed(
    change: Callable[[bytes], bytes],
    plain: Callable[..., dict[str, bytes]],
    theirs: Place,
    hub: Hub,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVIL", str(tmp_path / "executed"))
    files = plain()
    hub.put("AdapterHub/tiny-mnli", {**files, "pytorch_adapter.bin": change(files["pytorch_adapter.bin"])})
    said = theirs(*PULL)
    assert said.code == 3
    assert "pytorch_adapter.bin is refused" in said.err
    assert not (tmp_path / "executed").exists()
    assert theirs.is_empty()


def huge(shape: list[int], dtype: str = "F32") -> bytes:
    header = json.dumps({"x": {"dtype": dtype, "shape": shape, "data_offsets": [0, 8]}}).encode()
    return struct.pack("<Q", len(header)) + header + bytes(8)


@pytest.mark.parametrize(
    "content",
    [
        *(huge([2**40]), huge([2**62, 2**62]), huge([-1]), huge(["x"])),  # type: ignore[list-item]
        *(struct.pack("<Q", 2**60) + b"{}", b"", b"12345678", struct.pack("<Q", 2) + b"[]"),
    ],
)
def test_safetensors_that_claim_what_they_do_not_hold_are_refused(
    content: bytes, plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-mnli", {**plain(), "adapter.safetensors": content})
    said = theirs(*PULL)
    assert said.code == 3
    assert "adapter.safetensors" in said.err
    assert theirs.is_empty()


SEQ_BN: dict[str, object] = {"mh_adapter": False, "output_adapter": True, "reduction_factor": 16}
ODD_VALUES: tuple[tuple[str, object], ...] = (
    ("reduction_factor", float("nan")),
    ("reduction_factor", 10**399),
    ("reduction_factor", -1),
    ("reduction_factor", True),
    ("leave_out", [0] * 100_000),
    ("leave_out", [-1]),
    ("scaling", 10**399),
    ("scaling", float("inf")),
    ("dropout", 2),
    ("non_linearity", "x" * 100_000),
    ("non_linearity", ["relu"]),
    ("inv_adapter", "x"),
    ("is_parallel", "yes"),
    ("surprise", 1),
)


@pytest.mark.parametrize(
    "change",
    [
        {"config": {"mh_adapter": False, "output_adapter": True, "reduction_factor": 1e-9}},
        {"config": {"mh_adapter": False, "output_adapter": True, "reduction_factor": "16"}},
        {"config": {"mh_adapter": False, "output_adapter": True, "leave_out": "all"}},
        {"config": {"architecture": "lora", "r": 8}},
        {"config": "no_such_method"},
        {"config": ["seq_bn"]},
        {"config": None},
        *({"config": {**SEQ_BN, key: value}} for key, value in ODD_VALUES),
        {"hidden_size": 768},
        {"hidden_size": "64"},
        {"model_type": "bert"},
        {"model_name": "xlm-roberta-large"},
        {"model_name": 7},
    ],
)
def test_a_config_that_is_wrong_or_of_another_model_is_refused(
    change: dict[str, object], plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    files = plain()
    hub.put("AdapterHub/tiny-mnli", {**files, CONFIG: json.dumps({**json.loads(files[CONFIG]), **change}).encode()})
    said = theirs(*PULL)
    assert said.code == 3
    assert "Traceback" not in said.err
    assert theirs.is_empty()


LONG = 300_000
PAGES = {
    "line feeds": "\n" * LONG,
    "spaces": " " * LONG,
    "dashes": "- " * LONG,
    "list of nothing": "---\ntags:\n" + "- \n" * 10_000 + "---\n",
    "no end": "---\n" + "- a\n" * LONG,
    "tag": "---\ntags: [adapterhub:" + "a" * LONG + "]\n---\n",
    "quotes": "---\n" + "'" * 40_000 + "\n---\n",
    "brackets": "---\n" + "[" * 40_000 + "\n---\n",
    "aliases": "---\na0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{f'*a{n - 1},' * 9}]\n" for n in range(1, 30)) + "---\n",
    "bad date": "---\ndate: 2024-99-99\ntags: 7\n---\n",
    "controls": "---\n\x00\x1b[2J\n---\n",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_of_any_kind_is_read_at_once(
    page: str, plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-mnli", {**plain(), "README.md": page.encode()})
    theirs.does(*PULL)


@pytest.mark.parametrize("front", ["tags: [x, 'adapterhub:nli/snli']", "tags:\n- adapterhub:nli/snli\n- 7"])
def test_the_task_is_read_from_the_front_matter(
    front: str, plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-mnli", {**plain(name="x"), "README.md": f"---\n{front}\n---\n".encode()})
    theirs.does(*PULL)
    assert set(theirs.refs()) == {"intermediate/snli"}


@pytest.mark.parametrize(("value", "code"), [(0.5, 0), (float("nan"), 3)])
def test_weights_of_eight_bits_are_taken_if_they_are_finite(
    value: float, code: int, plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub, tmp_path: Path
) -> None:
    files = plain()
    (tmp_path / "w.bin").write_bytes(files["pytorch_adapter.bin"])
    tensors = torch.load(tmp_path / "w.bin", weights_only=True)
    small = {name: torch.full_like(one, value).to(torch.float8_e4m3fn) for name, one in tensors.items()}
    hub.put("AdapterHub/tiny-mnli", {**files, "adapter.safetensors": save(small)})
    said = theirs(*PULL)
    assert said.code == code, said.err
    assert code == 0 or "not finite" in said.err
    if code == 0:
        theirs.does("train", "target", "xnli", "--on", "intermediate/mnli", "--offline")


def test_weights_that_are_not_finite_are_refused(
    plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub, tmp_path: Path
) -> None:
    files = plain()
    (tmp_path / "w.bin").write_bytes(files["pytorch_adapter.bin"])
    tensors = torch.load(tmp_path / "w.bin", weights_only=True)
    next(iter(tensors.values())).view(-1)[0] = float("nan")
    torch.save(tensors, tmp_path / "w.bin")
    hub.put("AdapterHub/tiny-mnli", {**files, "pytorch_adapter.bin": (tmp_path / "w.bin").read_bytes()})
    said = theirs(*PULL)
    assert said.code == 3
    assert "not finite" in said.err
    assert theirs.is_empty()


@pytest.mark.parametrize(
    "change", [{"layers": 10**6}, {"layers": 10**399}, {"num_labels": -1}, {"bias": "no"}, {"x": 1}]
)
def test_a_head_of_sizes_that_no_head_has_is_refused(
    change: dict[str, object], plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    files = plain(labels=("entailment", "neutral", "contradiction"))
    config = json.loads(files["head_config.json"])
    config["config"].update(change)
    hub.put("AdapterHub/tiny-mnli", {**files, "head_config.json": json.dumps(config).encode()})
    said = theirs(*PULL)
    assert said.code == 3
    assert "Traceback" not in said.err
    assert theirs.is_empty()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"[" * 100_000, b'{"peft_type": "LORA"}'])
def test_a_config_that_is_none_is_refused(
    content: bytes, plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    hub.put("AdapterHub/tiny-mnli", {**plain(), CONFIG: content})
    assert theirs(*PULL).code == 3
    assert theirs.is_empty()


def test_weights_of_another_shape_or_name_are_refused(
    plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub, tmp_path: Path
) -> None:
    files = plain()
    (tmp_path / "w.bin").write_bytes(files["pytorch_adapter.bin"])
    good = torch.load(tmp_path / "w.bin", weights_only=True)
    first = next(iter(good))
    wrong = ({**good, first: torch.zeros(3, 3)}, {**good, "roberta.x": torch.zeros(1)}, {first: good[first]})
    for tensors in wrong:
        save_file(tensors, tmp_path / "w.safetensors")
        hub.put("AdapterHub/tiny-mnli", {**files, "adapter.safetensors": (tmp_path / "w.safetensors").read_bytes()})
        assert theirs(*PULL).code == 3
        assert theirs.is_empty()


def test_the_same_model_under_another_name_is_taken_on_request(
    plain: Callable[..., dict[str, bytes]], theirs: Place, hub: Hub
) -> None:
    files = plain()
    config = json.loads(files[CONFIG]) | {"model_name": "other/big-name"}
    hub.put("AdapterHub/tiny-mnli", {**files, CONFIG: json.dumps(config).encode()})
    assert "--base-model other/big-name" in theirs(*PULL).err
    theirs.does(*PULL, "--base-model", "other/big-name")
