"""Pulling what this package published: equal bytes, the right revision, and nothing at all where something is wrong."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

Place = Any
Hub = Any
TO = ("--to", "hub:me/xnli-snli")
PULL = ("zoo", "pull", "hub:me/xnli-snli")


@pytest.fixture
def published(ours: Place, hub: Hub) -> Hub:
    """The hub with XNLI on SNLI."""
    ours.does("zoo", "publish", "target/xnli+snli", *TO, "--base-model", "someone/tiny")
    hub.requests.clear()
    return hub


def change(hub: Hub, name: str, content: bytes) -> None:
    """Change a file of the repository as a stranger might."""
    hub.repositories["me/xnli-snli"].commit("main", {**hub.main("me/xnli-snli"), name: content})


def test_an_adapter_comes_with_its_lineage_and_scores_the_same(published: Hub, ours: Place, theirs: Place) -> None:
    said = theirs.does(*PULL)
    assert list(theirs.refs().values()) == [ours.refs()["intermediate/snli"], ours.refs()["target/xnli+snli"]]
    assert said.out.startswith("target/xnli+snli@")
    assert theirs.does("zoo", "verify").out.startswith("2 adapters")
    words = ("evaluate", "xnli", "--stack", "intermediate/snli,target/xnli+snli", "--languages", "de", "--json")
    scores = [place.does(*words, "--offline").json["scores"] for place in (ours, theirs)]
    assert scores[0] == scores[1]


def test_pulling_twice_changes_nothing(published: Hub, theirs: Place) -> None:
    def state() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in theirs.zoo.rglob("*") if path.suffix != ".lock"}

    theirs.does(*PULL)
    before = state()
    theirs.does(*PULL)
    assert state() == before


def test_a_whole_stack_is_pulled(ours: Place, theirs: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "--stack", "intermediate/snli,target/xnli+snli", *TO)
    theirs.does(*PULL)
    assert set(theirs.refs()) == {"intermediate/snli", "target/xnli+snli"}


def test_a_revision_is_pulled(ours: Place, theirs: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", *TO, "--revision", "v1")
    assert theirs(*PULL).code == 3
    said = theirs("zoo", "pull", "hub:me/xnli-snli@v9")
    assert "has no revision v9" in said.err
    assert theirs.is_empty()
    theirs.does("zoo", "pull", "hub:me/xnli-snli@v1")
    commit = hub.repositories["me/xnli-snli"].branches["v1"]
    theirs.does("zoo", "pull", f"hub:me/xnli-snli@{commit}")


def test_what_is_private_needs_a_token_with_access(
    ours: Place, theirs: Place, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", *TO, "--private")
    for token in ("hf_thewrongoneforthetests", ""):
        monkeypatch.setenv("HF_TOKEN", token)
        said = theirs("-v", *PULL)
        assert said.code == 3
        assert "hf auth login" in said.err
        assert "hf_the" not in said.err
        assert theirs.is_empty()


@pytest.mark.parametrize("name", ["adapter.safetensors", "model_head.safetensors", "adapter_config.json"])
def test_a_file_with_another_checksum_is_refused(name: str, published: Hub, theirs: Place) -> None:
    change(published, name, published.main("me/xnli-snli")[name][:-1] + b"\x7f")
    said = theirs(*PULL)
    assert said.code == 3
    assert re.search(rf"{name} of hub:me/xnli-snli@\w+ is damaged", said.err)
    assert theirs.is_empty()


def test_a_changed_card_is_refused(published: Hub, theirs: Place) -> None:
    card = json.loads(published.main("me/xnli-snli")["card.json"])
    card["recipe"]["seed"] = 7
    change(published, "card.json", json.dumps(card).encode())
    said = theirs(*PULL)
    assert "was changed" in said.err
    assert theirs.is_empty()


def test_an_adapter_without_what_it_stands_on_is_refused(published: Hub, theirs: Place) -> None:
    files = {name: content for name, content in published.main("me/xnli-snli").items() if "lineage" not in name}
    published.repositories["me/xnli-snli"].commit("main", files)
    said = theirs(*PULL)
    assert "stands on snli-" in said.err
    assert theirs.is_empty()


REQUESTS = ["GET /api/models", "GET .*card.json", "GET .*/adapter.safetensors"]


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize(
    ("fault", "reason"),
    [(500, "an error (500)"), (429, "fewer requests"), (403, "refuses the token"), ("redirect", "redirects")],
)
def test_a_hub_in_trouble_leaves_nothing(
    fault: int | str, reason: str, request_: str, published: Hub, theirs: Place
) -> None:
    published.faults[request_] = (fault, 99)
    said = theirs(*PULL)
    assert said.code == 3
    assert reason in said.err
    assert "Traceback" not in said.err
    assert theirs.is_empty()


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("fault", ["hang", "drip", "drip header", "endless"])
def test_a_hub_that_never_ends_is_given_up(
    fault: str, request_: str, published: Hub, theirs: Place, impatient: None
) -> None:
    published.faults[request_] = (fault, 99)
    said = theirs(*PULL)
    assert said.code == 3
    reasons = ("does not answer", "it was not done after", "hub sends", "far too large")
    assert any(reason in said.err for reason in reasons), said.err
    assert "Traceback" not in said.err
    assert theirs.is_empty()


ODD_LISTS: tuple[object, ...] = (None, 7, "many", [7], [[]], [{}], [{"size": 4}], [{"rfilename": 7}])


@pytest.mark.parametrize(
    "change",
    [
        *({"siblings": value} for value in ODD_LISTS),
        *(
            {"siblings": [{"rfilename": "card.json", "size": size}]}
            for size in ("120", None, -1, True, 1.5, 10**30, [1], {"bytes": 1})
        ),
        *({"sha": value} for value in (None, 7, "", "../main", "a" * 100, ["main"])),
        {"private": "yes"},
    ],
)
def test_a_list_of_files_that_makes_no_sense_is_refused(
    change: dict[str, object], published: Hub, theirs: Place
) -> None:
    listing = {"id": "me/xnli-snli", "sha": "abc123", "private": False, "siblings": []}
    published.faults["GET /api/models"] = (json.dumps({**listing, **change}).encode(), 99)
    said = theirs(*PULL)
    assert said.code == 3, said.err
    assert "list of the files" in said.err
    assert theirs.is_empty()


@pytest.mark.parametrize(
    "content", [b"", b"<html>", b"[]", b"7", b"[" * 50_000, b'{"sha": NaN}', b'{"a": ' + b"9" * 5000 + b"}", b"\xff"]
)
def test_an_answer_that_is_no_list_of_files_is_refused(content: bytes, published: Hub, theirs: Place) -> None:
    published.faults["GET /api/models"] = (content, 99)
    said = theirs(*PULL)
    assert said.code == 3, said.err
    assert "list of the files" in said.err
    assert theirs.is_empty()


@pytest.mark.parametrize("more", [-1, 1, 10_000])
def test_a_file_of_another_size_than_was_said_is_refused(more: int, published: Hub, theirs: Place) -> None:
    content = published.main("me/xnli-snli")["adapter.safetensors"]
    body = content[:more] if more < 0 else content + bytes(more)
    published.faults["GET .*/adapter.safetensors"] = (body, 99)
    said = theirs(*PULL)
    assert said.code == 3
    assert "the hub sends" in said.err
    assert theirs.is_empty()


def test_a_list_that_names_itself_ends(theirs: Place, hub: Hub) -> None:
    hub.put("me/xnli-snli", {"collection.json": json.dumps([{"repository": "me/xnli-snli"}]).encode()})
    said = theirs(*PULL)
    assert said.code == 3
    assert "is a list too" in said.err


@pytest.mark.parametrize(
    "content", [b"{}", b"[]", b"[7]", b'[{"repository": 7}]', b'[{"name": "x"}]', b"[" * 9000, b"\xff", b"[NaN]"]
)
def test_a_list_of_adapters_that_is_none_is_refused(content: bytes, theirs: Place, hub: Hub) -> None:
    hub.put("me/xnli-snli", {"collection.json": content})
    said = theirs(*PULL)
    assert said.code == 3
    assert "is damaged" in said.err


@pytest.mark.parametrize("seconds", ["soon", "nan", "inf", "0", "-3", "1e999"])
def test_a_patience_that_is_no_number_of_seconds_is_refused(
    seconds: str, theirs: Place, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", seconds)
    said = theirs(*PULL)
    assert said.code == 2
    assert "HF_HUB_DOWNLOAD_TIMEOUT" in said.err


def test_a_download_that_is_cut_short_leaves_nothing(published: Hub, theirs: Place) -> None:
    published.faults["GET .*/adapter.safetensors"] = ("cut", 99)
    assert theirs(*PULL).code == 3
    assert theirs.is_empty()


def test_a_connection_that_drops_is_taken_up_again(published: Hub, theirs: Place) -> None:
    published.faults["GET .*/adapter.safetensors"] = ("drop", 1)
    theirs.does(*PULL)
    assert len(published.asked("GET .*/resolve/[^/]+/adapter.safetensors")) >= 2


@pytest.mark.parametrize(
    "name", ["../evil.json", "/etc/evil", "a/../../evil", "..", "a\\..\\b", "a//b", "lineage/../card.json"]
)
def test_names_that_lead_outside_are_refused(name: str, published: Hub, theirs: Place, tmp_path: Path) -> None:
    change(published, name, b"{}")
    said = theirs(*PULL)
    assert said.code == 3
    assert "does not stay inside a folder" in said.err
    assert theirs.is_empty()
    assert list(tmp_path.rglob("evil*")) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"format_version": 99}', b"[" * 100_000])
@pytest.mark.parametrize("name", ["card.json", "reference.json"])
def test_damaged_papers_are_refused(name: str, content: bytes, published: Hub, theirs: Place) -> None:
    change(published, name, content)
    assert theirs(*PULL).code == 3
    assert theirs.is_empty()


def test_a_name_in_the_papers_that_leads_outside_is_refused(published: Hub, theirs: Place) -> None:
    papers = json.loads(published.main("me/xnli-snli")["reference.json"])
    for names in ([["target", "../../x"]], [["target", ".x"]], [["king", "x"]], []):
        change(published, "reference.json", json.dumps({**papers, "names": names}).encode())
        assert theirs(*PULL).code in (2, 3)
        assert theirs.is_empty()
