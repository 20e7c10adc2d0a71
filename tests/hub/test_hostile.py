"""Random changes of an honest folder: it is imported as it is, or refused with a reason, and then leaves nothing."""

import json
import os
import shutil
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.errors import MadxStiltsError
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.exchange import read_member, take_in
from madx_stilts.zoo.folder import listing, places_of, refuse_unsafe
from madx_stilts.zoo.store import Zoo

Place = Any
Draw = Any
JSON_FILES = ("card.json", "reference.json", "adapter_config.json", "head_config.json")

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.sampled_from([10**400, -1, 0, 10**9])
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\x1b[2J", "../x", "<script>", "2024-99-99T00:00:00Z", "seq_bn_inv", "x" * 5000])
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)


@pytest.fixture(scope="module")
def exported(trained: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("exported") / "xnli"
    trained.does("zoo", "export", "target/xnli+snli", folder)
    return folder


def ways(content: object, way: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """The way to each value inside a value."""
    inner = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    return [one for key, value in inner for one in ((*way, key), *ways(value, (*way, key)))]


def write(path: Path, content: bytes) -> None:
    """Write a file in the place of what is there: never through a link, never into a pipe."""
    path.unlink(missing_ok=True)
    path.write_bytes(content)


def change_json(draw: Draw, folder: Path) -> None:
    path = folder / draw(st.sampled_from(JSON_FILES))
    try:
        content = json.loads(path.read_bytes()) if path.is_file() else None
    except ValueError:  # changed before
        return
    known = ways(content)
    if not known:
        return
    *outer, last = draw(st.sampled_from(known))
    place: Any = content
    for key in outer:
        place = place[key]
    what = draw(st.sampled_from(["set", "remove", "add"]))
    if what == "set":
        place[last] = draw(values)
    elif what == "remove":
        del place[last]
    elif isinstance(place, dict):
        place[draw(st.text(max_size=6))] = draw(values)
    else:
        place.append(draw(values))
    write(path, json.dumps(content).encode())


def change_bytes(draw: Draw, folder: Path) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        return
    path = draw(st.sampled_from(files))
    content = bytearray(path.read_bytes())
    at = draw(st.integers(0, min(len(content), 2000)))
    content[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=8))
    write(path, bytes(content[: draw(st.sampled_from([len(content), len(content) // 2, 0]))]))


def change_files(draw: Draw, folder: Path) -> None:
    path = draw(st.sampled_from([*sorted(folder.rglob("*")), folder / "new"]))
    what = draw(st.sampled_from(["remove", "link", "pipe", "folder", "add"]))
    if what == "add":
        if not (folder / "more.json").is_dir():
            write(folder / "more.json", b"{}")
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if what == "link":
        path.symlink_to(draw(st.sampled_from([__file__, "nowhere", ".", "card.json"])))
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()


CHANGES = {"json": change_json, "bytes": change_bytes, "files": change_files}


def sign(folder: Path) -> None:
    """Let the card have the sums of the files as they are, where it still has a list of them."""
    try:
        if not (folder / "card.json").is_file():
            return
        card = json.loads((folder / "card.json").read_bytes())
        there = [name for name in card["files"] if (folder / name).is_file()]
        card["files"] |= {name: sha256((folder / name).read_bytes()).hexdigest() for name in there}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return
    write(folder / "card.json", json.dumps(card).encode())


def imported(zoo: Zoo, folder: Path) -> tuple[list[AdapterRef], MadxStiltsError | None]:
    """What was imported, or why nothing was."""
    try:
        names = listing(folder)
        refuse_unsafe(names, source="there")
        members = [read_member(folder, place, source="there") for place in places_of(names)]
        return take_in(zoo, folder, members, source="there"), None
    except MadxStiltsError as error:
        return [], error


@settings(
    max_examples=int(os.environ.get("HOSTILE_FOLDERS", "150")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(st.data())
def test_a_changed_folder_is_imported_as_it_is_or_refused(exported: Path, data: st.DataObject) -> None:
    with TemporaryDirectory() as temporary:
        folder, zoo = shutil.copytree(exported, Path(temporary, "folder")), Zoo([Path(temporary, "zoo")])
        for _ in range(data.draw(st.integers(1, 3))):
            CHANGES[data.draw(st.sampled_from(sorted(CHANGES)))](data.draw, folder)
            if not folder.is_dir():
                return
        if data.draw(st.booleans()):
            sign(folder)
        refs, refused = imported(zoo, folder)
        if refused is not None:
            assert refused.exit_code in (2, 3)
            assert refused.message
            left = [path for path in Path(temporary, "zoo").rglob("*") if path.is_file() and path.suffix != ".lock"]
            assert left == []
        else:
            assert zoo.verify() == []
            for ref in refs:
                weights = (zoo.folder(ref.id) / "adapter.safetensors").read_bytes()
                assert weights in [path.read_bytes() for path in exported.rglob("adapter.safetensors")] or any(
                    weights == path.read_bytes() for path in folder.rglob("adapter.safetensors")
                )
