"""A small mirror written on the spot, and a hub of our own on the loopback interface.

Nothing here imports `huggingface_hub` at the top: this file is read before the environment of the tests is set.
"""

import csv
import hashlib
import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

Rows = Sequence[Mapping[str, object]]


def write_parquet(file: Path, rows: Rows, names: Mapping[str, Sequence[str]]) -> None:
    """Write rows as `datasets` does: with the names of label columns in the schema."""
    table = pa.Table.from_pylist(list(rows))
    features = {
        column: {"feature": {"names": list(values), "_type": "ClassLabel"}, "_type": "List"}
        if isinstance(rows[0][column], list)
        else {"names": list(values), "_type": "ClassLabel"}
        for column, values in names.items()
    }
    if features:
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    pq.write_table(table, file)


def write_text(file: Path, rows: Rows) -> None:
    """Write rows as JSON lines, CSV or TSV, by the file's suffix."""
    with file.open("w", encoding="utf-8", newline="") as out:
        if file.suffix == ".jsonl":
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        elif file.suffix == ".csv":
            writer = csv.DictWriter(out, fieldnames=list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
        else:
            out.writelines(
                "\t".join(map(str, line)) + "\n" for line in [list(rows[0]), *(row.values() for row in rows)]
            )


@dataclass
class Mirror:
    """A folder in hub layout."""

    root: Path
    configs: dict[str, dict[str, dict[str, list[str]]]] = field(default_factory=dict)

    def add(
        self,
        path: str,
        rows: Rows,
        *,
        config: str = "default",
        split: str = "train",
        kind: str = "parquet",
        names: Mapping[str, Sequence[str]] | None = None,
    ) -> Path:
        """Add a file of rows to a split, and say so in the README."""
        files = self.configs.setdefault(path, {}).setdefault(config, {}).setdefault(split, [])
        file = self.root / path / config / f"{split}-part{len(files)}.{kind}"
        file.parent.mkdir(parents=True, exist_ok=True)
        if kind == "parquet":
            write_parquet(file, rows, names or {})
        else:
            write_text(file, rows)
        files.append(f"{config}/{file.name}")
        self.write_readme(path)
        return file

    def write_readme(self, path: str) -> None:
        lines = ["---", "license: mit", "configs:"]
        for config, splits in self.configs[path].items():
            lines += [f"- config_name: {config}", "  data_files:"]
            for split, files in splits.items():
                lines += [f"  - split: {split}", "    path:", *(f"    - {name}" for name in files)]
        (self.root / path / "README.md").write_text("\n".join([*lines, "---", "# Data"]), encoding="utf-8")


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    """An empty mirror."""
    return Mirror(tmp_path / "mirror")


@dataclass
class FakeHub:
    """What of the hub's protocol a download needs: which files a revision has, and the files.

    Args:
        repositories: For each data set and revision: the commit, and the files by name.
        asked: The requests so far, as `METHOD path`.
        trickling: Ends of paths; what is got from there comes a byte now and then, until the hub is closed.
        says: What the hub says of a data set otherwise, in its own place or in that of all.
    """

    repositories: dict[tuple[str, str], tuple[str, dict[str, bytes]]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    endpoint: str = ""
    trickling: tuple[str, ...] = ()
    closed: threading.Event = field(default_factory=threading.Event)
    says: object = None

    def publish(self, path: str, files: Mapping[str, bytes], *, revision: str = "main") -> str:
        """Make a commit of these files and let the revision stand for it."""
        commit = hashlib.sha1(repr((path, sorted(files.items()))).encode()).hexdigest()
        for name in (revision, commit):
            self.repositories[path, name] = (commit, dict(files))
        return commit

    def publish_folder(self, path: str, folder: Path) -> str:
        """Publish every file of a folder."""
        files = {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if file.is_file()}
        return self.publish(path, {name: file.read_bytes() for name, file in files.items()})

    @property
    def fetched(self) -> list[str]:
        """Names of the files that were downloaded."""
        return [line.split("/", 6)[-1] for line in self.asked if line.startswith("GET /datasets/")]

    def answer(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for a path."""
        parts = [unquote(part) for part in path.split("?")[0].strip("/").split("/")]
        api = parts[0] == "api"
        owner, name, _, revision, *rest = parts[2 if api else 1 :]
        known = {repository for repository, _ in self.repositories}
        if f"{owner}/{name}" in self.gated:
            return 403, {"X-Error-Code": "GatedRepo"}, b""
        if f"{owner}/{name}" not in known:
            return 404, {"X-Error-Code": "RepoNotFound"}, b""
        if (f"{owner}/{name}", revision) not in self.repositories:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        commit, files = self.repositories[f"{owner}/{name}", revision]
        if api:
            siblings = [{"rfilename": file, "size": len(content)} for file, content in files.items()]
            facts: Any = {"id": f"{owner}/{name}", "sha": commit, "siblings": siblings}
            if self.says is not None:
                facts = {**facts, **self.says} if isinstance(self.says, dict) else self.says
            return 200, {}, json.dumps(facts).encode()
        content = files.get("/".join(rest))
        if content is None:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit}, b""
        return 200, {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "X-Repo-Commit": commit}, content


def handler_for(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    """A request handler that answers from `hub`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def _answer(self, *, with_body: bool) -> None:
            hub.asked.append(f"{self.command} {self.path}")
            status, headers, body = hub.answer(self.path)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            if with_body and hub.trickling and self.path.split("?")[0].endswith(hub.trickling):
                with suppress(OSError):  # the client hangs up
                    while not hub.closed.wait(0.01):
                        self.wfile.write(b"x")
            elif with_body:
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub on the loopback interface; `huggingface_hub` may open connections while it runs."""
    from huggingface_hub import configure_http_backend, constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    configure_http_backend()  # forgets the sessions that were opened before
    hub = FakeHub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_for(hub))
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield hub
    hub.closed.set()
    server.shutdown()
    server.server_close()
    thread.join()
    configure_http_backend()


@pytest.fixture
def no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any attempt to connect fails the test."""

    def refuse(*address: object) -> None:
        pytest.fail(f"a connection was opened to {address[-1]}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
