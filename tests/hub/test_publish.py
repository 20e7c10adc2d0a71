"""Publishing: what lies on the hub afterwards, what is not sent twice, what is refused, what survives a bad network."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

Place = Any
Hub = Any
STACK = "intermediate/snli,target/xnli+snli"
TO = ("--to", "hub:me/xnli-snli", "--base-model", "someone/tiny")


@pytest.fixture
def scores(trained: Place, tmp_path: Path) -> list[Path]:
    """Scores of the stack and of the target alone, as the program prints them."""
    files = []
    for at, stack in enumerate((STACK, "target/xnli")):
        said = trained.does("evaluate", "xnli", "--stack", stack, "--languages", "en,de", "--offline", "--json")
        files.append(tmp_path / f"{at}.json")
        files[-1].write_text(said.out)
    return files


def test_a_published_adapter_has_every_file_that_others_need(ours: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", *TO)
    files = hub.main("me/xnli-snli")
    assert {
        *("README.md", "card.json", "reference.json", "adapter_config.json", "adapter.safetensors"),
        *("pytorch_adapter.bin", "head_config.json", "model_head.safetensors", "pytorch_model_head.bin"),
    } <= set(files)
    assert json.loads(files["adapter_config.json"])["model_name"] == "someone/tiny"
    assert json.loads(files["head_config.json"])["model_name"] == "someone/tiny"
    (below,) = {name.split("/")[1] for name in files if name.startswith("lineage/")}
    assert below.startswith("snli-")


def test_the_front_matter_says_what_machines_ask(ours: Place, hub: Hub, scores: list[Path]) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", *TO, "--scores", scores[0], "--scores", scores[1])
    readme = hub.main("me/xnli-snli")["README.md"].decode()
    facts = yaml.safe_load(readme.split("---\n")[1])
    assert facts["library_name"] == "adapter-transformers"
    assert (facts["base_model"], facts["base_model_relation"]) == ("someone/tiny", "adapter")
    assert {"adapter-transformers", "xlm-roberta", "adapterhub:nli/multinli", "xtreme"} <= set(facts["tags"])
    assert facts["language"] == ["en", "de"]
    assert set(facts["datasets"]) == {"stanfordnlp/snli", "nyu-mll/glue"}
    assert facts["license"] == "other"
    results = facts["model-index"][0]["results"]
    assert [one["dataset"]["config"] for one in results] == ["xnli.en", "xnli.de"]
    told = json.loads(scores[0].read_text())["scores"]
    assert results[1]["metrics"][0]["value"] == round(told["de"]["accuracy"], 2)


def test_the_page_tells_the_gain_over_no_intermediate(ours: Place, scores: list[Path]) -> None:
    documents = [json.loads(path.read_text()) for path in scores]
    documents[0]["scores"]["de"]["accuracy"] = documents[1]["scores"]["de"]["accuracy"] + 3.25
    scores[0].write_text(json.dumps(documents))
    words = ("zoo", "publish", "target/xnli+snli", *TO, "--dry-run", "--offline", "--scores", scores[0])
    assert "| +3.25 |" in ours.does(*words).out
    scores[0].write_text(json.dumps(documents[:1]))
    assert "The gain over no intermediate adapter was not published" in ours.does(*words).out


def test_a_dry_run_shows_everything_and_opens_no_connection(ours: Place, hub: Hub) -> None:
    said = ours.does("zoo", "publish", "target/xnli+snli", *TO, "--dry-run", "--json").json
    assert hub.requests == []
    assert "# xnli+snli for someone/tiny" in said[0]["readme"]
    ours.does("zoo", "publish", "target/xnli+snli", *TO)
    assert {one["name"] for one in said[0]["files"]} == hub.main("me/xnli-snli").keys() - {".gitattributes"}


def test_what_is_there_with_equal_checksums_is_not_sent_again(ours: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", *TO)
    hub.requests.clear()
    said = ours.does("zoo", "publish", "target/xnli+snli", *TO)
    assert "all of it was there already" in said.out
    assert hub.asked("^(POST|PUT)") == []


def test_a_whole_stack_is_published_as_one(ours: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "--stack", STACK, *TO)
    files = hub.main("me/xnli-snli")
    setup = json.loads(files["adapter_setup.json"])
    names = [child["children"][0] for child in setup["adapter_setup"]["children"]]
    assert [name.partition("-")[0] for name in names] == ["snli", "xnli_snli"]
    assert setup["head_setup"] == names[1]
    assert all(f"{name}/pytorch_adapter.bin" in files for name in names)


def test_all_adapters_are_published_with_a_list_and_pulled_by_it(ours: Place, theirs: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "--all", "--to", "hub:me/grid", "--base-model", "someone/tiny")
    assert len(hub.repositories) == 4
    assert hub.main("me/grid")["README.md"].decode().count("https://huggingface.co/me/grid-") == 3
    theirs.does("zoo", "pull", "hub:me/grid")
    assert theirs.refs() == ours.refs()


def test_revision_private_and_pull_request_are_what_they_say(ours: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", *TO, "--private", "--revision", "v1")
    repository = hub.repositories["me/xnli-snli"]
    assert repository.private
    assert "card.json" in hub.main("me/xnli-snli", "v1")
    assert "card.json" not in hub.main("me/xnli-snli")
    said = ours.does("zoo", "publish", "target/xnli+snli", *TO, "--create-pr")
    assert "/discussions/1" in said.out
    assert "card.json" in hub.main("me/xnli-snli", "refs/pr/1")
    assert "card.json" not in hub.main("me/xnli-snli")


def test_another_adapter_is_never_written_over(ours: Place, hub: Hub) -> None:
    ours.does("zoo", "publish", "target/xnli+snli", *TO)
    before = dict(hub.main("me/xnli-snli"))
    said = ours("zoo", "publish", "target/xnli", *TO)
    assert (said.code, hub.main("me/xnli-snli")) == (3, before)
    assert "holds something else" in said.err
    assert ours("zoo", "publish", "--all", *TO).code == 3
    assert hub.main("me/xnli-snli") == before
    for at, file in enumerate(("adapter_config.json", "adapter_setup.json", "collection.json")):
        hub.put(f"me/other-{at}", {file: b"{}"})
        assert ours("zoo", "publish", "target/xnli", "--to", f"hub:me/other-{at}").code == 3
        assert set(hub.main(f"me/other-{at}")) == {file}


def test_a_public_repository_is_not_taken_for_a_private_one(ours: Place, hub: Hub) -> None:
    hub.put("me/xnli-snli", {})
    said = ours("zoo", "publish", "target/xnli+snli", *TO, "--private")
    assert (said.code, hub.main("me/xnli-snli")) == (2, {})


def test_an_interrupted_upload_goes_on_where_it_was(ours: Place, hub: Hub) -> None:
    hub.faults["PUT /lfs/"] = (403, 1)
    said = ours("zoo", "publish", "target/xnli+snli", *TO)
    assert said.code == 3
    assert "card.json" not in hub.main("me/xnli-snli")
    first = set(hub.stored)
    hub.requests.clear()
    ours.does("zoo", "publish", "target/xnli+snli", *TO)
    assert first
    assert [oid for oid in first if hub.asked(f"PUT /lfs/{oid}")] == []
    assert "card.json" in hub.main("me/xnli-snli")


@pytest.mark.parametrize(
    ("fault", "words"), [(503, "answers with an error (503)"), ("hang", "does not answer"), ("drip", "not done")]
)
@pytest.mark.parametrize("request_", ["GET /api/models", "POST /api/repos/create", "POST .*/commit/"])
def test_a_hub_in_trouble_ends_in_one_sentence(
    fault: int | str, words: str, request_: str, ours: Place, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.faults[request_] = (fault, 99)
    if fault != 503:  # these would be waited for without end
        monkeypatch.setenv("HF_HUB_DOWNLOAD_TIMEOUT", "0.1")
    said = ours("zoo", "publish", "target/xnli+snli", *TO)
    assert said.code == 3
    assert words in said.err or (fault != 503 and "it was not done after" in said.err)
    assert "Traceback" not in said.err
    hub.faults.clear()
    monkeypatch.delenv("HF_HUB_DOWNLOAD_TIMEOUT", raising=False)
    ours.does("zoo", "publish", "target/xnli+snli", *TO)


@pytest.mark.parametrize("token", ["hf_thewrongoneforthetests", None])
def test_without_the_right_token_nothing_is_published_and_no_token_is_shown(
    token: str | None, ours: Place, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN") if token is None else monkeypatch.setenv("HF_TOKEN", token)
    said = ours("-v", "zoo", "publish", "target/xnli+snli", *TO)
    assert (said.code, hub.repositories) == (3, {})
    assert "hf auth login" in said.err
    assert "hf_the" not in said.err + said.out


def test_no_token_and_no_path_of_this_machine_is_published(ours: Place, hub: Hub) -> None:
    ours.does("-v", "zoo", "publish", "target/xnli+snli", *TO)
    everything = b"".join(hub.main("me/xnli-snli").values())
    assert hub.token.encode() not in everything
    assert str(ours.zoo.parent).encode() not in everything
    assert str(ours.mirror).encode() not in everything


def test_offline_opens_no_connection(ours: Place, hub: Hub) -> None:
    for words in (("publish", "target/xnli+snli", *TO), ("pull", "hub:me/xnli-snli")):
        said = ours("--offline", "zoo", *words)
        assert said.code == 3
        assert "offline" in said.err
    assert hub.requests == []


@pytest.mark.parametrize("place", ["hub:me", "hub:me/../x", "hub:/a/b", "hub:me/a@../../x", "hub:"])
def test_what_is_no_repository_is_refused(place: str, ours: Place) -> None:
    assert ours("zoo", "publish", "target/xnli", "--to", place).code == 2
    assert ours("zoo", "pull", place).code == 2
