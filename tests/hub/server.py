"""A hub in small, on the loopback: as much of its protocol as `huggingface_hub` uses to publish and to fetch models.

Repositories are kept in memory. Faults are set by the tests, each for the requests that it names.
"""

import base64
import hashlib
import json
import re
import select
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote

LARGE = (".safetensors", ".bin")
"""Suffixes of files that are stored apart from the repository (LFS)."""


@dataclass
class Repository:
    """Branches, each a table of files; every commit that was ever made is kept."""

    private: bool = False
    branches: dict[str, str] = field(default_factory=dict)
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def commit(self, branch: str, files: dict[str, bytes]) -> str:
        """Make these files the newest state of a branch."""
        text = json.dumps([branch, len(self.commits), sorted(files)])
        commit = hashlib.sha1(text.encode()).hexdigest()
        self.commits[commit] = files
        self.branches[branch] = commit
        return commit

    def files(self, revision: str) -> dict[str, bytes] | None:
        return self.commits.get(self.branches.get(revision, revision))


@dataclass
class Hub:
    """What the server knows and what it was asked.

    Args:
        token: The only one that may write, and read what is private.
        faults: Status codes by a pattern of `METHOD path`. Instead of a code: `hang` (no answer), `drip` (a byte now
            and then, without end), `drip header` (the same before the answer), `redirect` (to itself), `endless` (a
            body without end), `cut` (half a file, as if it were all) and `drop` (half a file, then the connection
            ends); any other bytes are the body of the answer. Each is used so many times as its number says. What
            never ends on its own ends with the client's connection, or with the hub.
    """

    token: str = "hf_therightoneforthetests"
    repositories: dict[str, Repository] = field(default_factory=dict)
    stored: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    faults: dict[str, tuple[int | str | bytes, int]] = field(default_factory=dict)
    closed: threading.Event = field(default_factory=threading.Event)
    proposals: int = 0
    url: str = ""

    def put(self, name: str, files: dict[str, bytes], *, private: bool = False) -> Repository:
        """Make a repository with these files."""
        repository = self.repositories.setdefault(name, Repository(private))
        repository.commit("main", files)
        return repository

    def main(self, name: str, branch: str = "main") -> dict[str, bytes]:
        """The files of a branch."""
        return self.repositories[name].files(branch) or {}

    def asked(self, pattern: str) -> list[str]:
        """The requests that fit a pattern."""
        return [request for request in self.requests if re.search(pattern, request)]

    def fault(self, request: str) -> int | str | bytes | None:
        """What goes wrong with a request, if anything does."""
        for pattern, (what, times) in self.faults.items():
            if times and re.search(pattern, request):
                self.faults[pattern] = (what, times - 1)
                return what
        return None


@contextmanager
def running() -> Iterator[Hub]:
    """A hub that answers until the block ends."""
    hub = Hub()

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = _Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        hub.closed.set()
        server.shutdown()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is nothing to write home about."""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or a body waits 40 ms for the headers to be acknowledged

    def log_message(self, format: str, *args: object) -> None: ...

    def do_GET(self) -> None:
        self._answer()

    do_HEAD = do_POST = do_PUT = do_GET

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        self.path_, _, query = self.path.partition("?")
        self.path_, self.query = unquote(self.path_), parse_qs(query)
        request = f"{self.command} {self.path_}"
        self.hub.requests.append(request)
        what = self.hub.fault(request)
        if isinstance(what, str) and what in ("hang", "drip", "drip header", "endless"):
            self._never_done(what)
        elif what == "redirect":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif isinstance(what, bytes):
            self._send(what, 200)
        elif isinstance(what, int):
            self._json({"error": "as the test wants it"}, what)
        else:
            self.what = what
            self._route()

    def _never_done(self, what: str) -> None:
        """Send something now and then, or nothing, until the client hangs up or the hub is closed."""
        self.close_connection = True
        if what in ("drip", "endless"):
            self.send_response(200)
            self.end_headers()
        elif what == "drip header":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        part = {"hang": b"", "endless": bytes(1 << 16)}.get(what, b"x")
        with suppress(OSError):
            while not self.hub.closed.wait(0 if what == "endless" else 0.01):
                self.wfile.write(part)
                if what == "hang" and select.select([self.connection], [], [], 0)[0]:
                    return

    @property
    def known(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {self.hub.token}"

    def _route(self) -> None:
        routes = {
            r"POST /api/repos/create": self._create,
            r"POST /api/validate-yaml": lambda: self._json({"errors": [], "warnings": []}),
            r"POST /api/models/(?P<name>[^/]+/[^/]+)/branch/(?P<revision>.+)": self._branch,
            r"POST /api/models/(?P<name>[^/]+/[^/]+)/preupload/(?P<revision>.+)": self._preupload,
            r"POST /api/models/(?P<name>[^/]+/[^/]+)/commit/(?P<revision>.+)": self._commit,
            r"POST /(?P<name>[^/]+/[^/]+)\.git/info/lfs/objects/batch": self._batch,
            r"PUT /lfs/(?P<oid>\w+)": self._store,
            r"POST /verify": lambda: self._json({}),
            r"GET /api/models/(?P<name>[^/]+/[^/]+)(/revision/(?P<revision>.+))?": self._info,
            r"(GET|HEAD) /(?P<name>[^/]+/[^/]+)/resolve/(?P<revision>[^/]+)/(?P<file>.+)": self._file,
        }
        for pattern, act in routes.items():
            match = re.fullmatch(pattern, f"{self.command} {self.path_}")
            if match:
                act(**{key: value for key, value in match.groupdict().items() if value})  # type: ignore[operator]
                return
        self._json({"error": f"no such thing: {self.path_}"}, 404)

    def _repository(self, name: str, *, writing: bool = False) -> Repository | None:
        """The repository, or none after the refusal was sent."""
        wrong = "Authorization" in self.headers and not self.known
        repository = self.hub.repositories.get(name)
        if wrong or (writing and not self.known):
            self._json({"error": "Invalid credentials"}, 401)
        elif repository is None or (repository.private and not self.known):
            self._json({"error": "Repository not found"}, 401 if not self.known else 404, code="RepoNotFound")
        else:
            return repository
        return None

    def _create(self) -> None:
        if not self.known:
            self._json({"error": "Invalid credentials in Authorization header"}, 401)
            return
        wanted = json.loads(self.body)
        name = f"{wanted.get('organization')}/{wanted['name']}"
        exists = name in self.hub.repositories
        if not exists:
            self.hub.put(name, {".gitattributes": b"*.bin filter=lfs\n"}, private=bool(wanted.get("private")))
        self._json({"url": f"{self.hub.url}/{name}"}, 409 if exists else 200)

    def _branch(self, name: str, revision: str) -> None:
        repository = self._repository(name, writing=True)
        if repository is not None:
            exists = revision in repository.branches
            repository.branches.setdefault(revision, repository.branches["main"])
            self._json({}, 409 if exists else 200)

    def _preupload(self, name: str, revision: str) -> None:
        if self._repository(name, writing=True) is not None:
            modes = [
                {
                    "path": one["path"],
                    "uploadMode": "lfs" if one["path"].endswith(LARGE) else "regular",
                    "shouldIgnore": False,
                }
                for one in json.loads(self.body)["files"]
            ]
            self._json({"files": modes})

    def _batch(self, name: str) -> None:
        if self._repository(name, writing=True) is None:
            return
        objects = []
        for one in json.loads(self.body)["objects"]:
            actions = {
                "upload": {"href": f"{self.hub.url}/lfs/{one['oid']}"},
                "verify": {"href": f"{self.hub.url}/verify"},
            }
            there = one["oid"] in self.hub.stored
            objects.append({**one, **({} if there else {"actions": actions})})
        self._json({"transfer": "basic", "objects": objects})

    def _store(self, oid: str) -> None:
        if hashlib.sha256(self.body).hexdigest() != oid:
            self._json({"error": "checksum"}, 400)
            return
        self.hub.stored[oid] = self.body
        self._json({})

    def _commit(self, name: str, revision: str) -> None:
        repository = self._repository(name, writing=True)
        if repository is None:
            return
        proposed = self.query.get("create_pr") == ["1"]
        files = dict(repository.files(revision) or {})
        for line in self.body.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.hub.stored[value["oid"]]
            elif entry["key"] == "deletedFile":
                files.pop(value["path"], None)
        self.hub.proposals += proposed
        branch = f"refs/pr/{self.hub.proposals}" if proposed else revision
        commit = repository.commit(branch, files)
        answer = {"success": True, "commitOid": commit, "commitUrl": f"{self.hub.url}/{name}/commit/{commit}"}
        if proposed:
            answer["pullRequestUrl"] = f"{self.hub.url}/{name}/discussions/{self.hub.proposals}"
        self._json(answer)

    def _info(self, name: str, revision: str = "main") -> None:
        repository = self._repository(name)
        if repository is None:
            return
        files = repository.files(revision)
        if files is None:
            self._json({"error": "Invalid rev id"}, 404, code="RevisionNotFound")
            return
        siblings = [_sibling(path, content) for path, content in files.items()]
        sha = repository.branches.get(revision, revision)
        self._json({"id": name, "sha": sha, "private": repository.private, "siblings": siblings, "tags": []})

    def _file(self, name: str, revision: str, file: str) -> None:
        repository = self._repository(name)
        if repository is None:
            return
        files = repository.files(revision) or {}
        if file not in files:
            self._json({"error": "Entry not found"}, 404, code="EntryNotFound")
            return
        content = files[file]
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range") or "")
        part = content[int(asked[1]) :] if asked else content
        if self.what == "cut" and self.command == "GET":
            part = part[: len(part) // 2]
        self.send_response(206 if asked else 200)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", repository.branches.get(revision, revision))
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(part[: len(part) // 2] if self.what == "drop" else part)
        if self.what == "drop":
            self.close_connection = True

    def _json(self, content: Any, status: int = 200, *, code: str = "") -> None:
        self._send(json.dumps(content).encode(), status, code=code)

    def _send(self, body: bytes, status: int, *, code: str = "") -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _sibling(path: str, content: bytes) -> dict[str, object]:
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    facts: dict[str, object] = {"rfilename": path, "size": len(content), "blobId": blob}
    if path.endswith(LARGE):
        facts["lfs"] = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return facts
