"""What needs no model is checked before torch is imported, in every command: wrong words cost a second, not ten."""

import json
import re
import subprocess
import sys

import pytest

RUN = """
import contextlib, io, json, sys

class Blocked(Exception):
    pass

class Heavy:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "adapters", "accelerate"):
            raise Blocked(name)

sys.meta_path.insert(0, Heavy())
from madx_stilts.cli.main import main

ends = []
for words in json.loads(sys.argv[1]):
    sys.argv = ["madx-stilts", *words]
    with contextlib.redirect_stderr(io.StringIO()) as said, contextlib.redirect_stdout(io.StringIO()):
        try:
            code = main()
        except Blocked as error:
            code = f"it imports {error}"
    ends.append([code, said.getvalue()])
print(json.dumps(ends))
"""

LONG = "a" * 300
BAD = ["--config", "BAD"]
TRAININGS = [
    ["train", "language", "de", "--text", "TEXT"],
    ["train", "intermediate", "mnli"],
    ["train", "intermediate", "mnli", "snli"],
    ["train", "target", "xnli"],
]
WRONG: list[tuple[list[str], int, str]] = [
    *(([*words, *BAD], 2, "train.epochs: should be") for words in TRAININGS),
    *(([*words, "--config", "nothing"], 2, "no built-in config") for words in TRAININGS),
    *(([*words, "--set", "train.epoch=3"], 2, "did you mean epochs") for words in TRAININGS),
    *(([*words, "--name", "a/b"], 2, "no name for an adapter") for words in TRAININGS),
    *(([*words, "--name", LONG], 2, "300 bytes") for words in TRAININGS),
    *(([*words, "--backbone", "nowhere"], 2, "no backbone 'nowhere'") for words in TRAININGS),
    *(([*words, "--backbone", LONG], 2, "no backbone") for words in TRAININGS),
    *(([*words, "--device", "gpu"], 2, "no device 'gpu'") for words in TRAININGS),
    *(([*words, "--learning-rate", "nan"], 2, "nan") for words in TRAININGS),
    *(([*words, "--language-adapter", "language/xx"], 3, "language/xx") for words in TRAININGS[1:]),
    *(([*words, "--language-adapter", "xx"], 2, "no reference") for words in TRAININGS[1:]),
    *(([*words, "--language", "xx"], 2, "xx") for words in TRAININGS[1:]),
    *(([*words, "--offline"], 3, "There are no files of") for words in TRAININGS[1:]),
    *(([*words, "--tracker", "tensorbord"], 2, "no tracker named 'tensorbord'") for words in TRAININGS),
    *(([*words, "--set", "train.precision=fp16", "--device", "cpu"], 2, "fp16 needs a GPU") for words in TRAININGS),
    *(([*words, "--set", "train.translations=1"], 2, "language adapters alone") for words in TRAININGS[1:]),
    (["train", "language", "de", "--text", "TEXT", "--set", "train.translations=1"], 2, "needs a translation"),
    *(([*words, "--language-adapter", "MIDDLE"], 2, "is no language adapter") for words in TRAININGS[1:]),
    (["train", "target", "xnli", "--on", "LANGUAGE"], 2, "stands where a stack has its intermediate"),
    (["train", "target", "xnli", "--on", "TARGET"], 2, "stands where a stack has its intermediate"),
    (["train", "target", "xnli", "--on", "MIDDLE,MIDDLE"], 2, "stands twice"),
    (["train", "target", "xnli", "--on", "LORA"], 2, "cannot be stacked"),
    (["train", "target", "xnli", "--on", "ENGLISH_MIDDLE"], 2, "would stand on none"),
    (["train", "target", "xnli", "--on", "MIDDLE", "--language-adapter", "LANGUAGE"], 2, "on no language adapter"),
    (["train", "target", "xnli", "--transfer", "continue"], 2, "0 are named"),
    (["train", "target", "xnli", "--on", "MIDDLE", "--transfer", "fuse"], 2, "takes two adapters or more"),
    (["train", "target", "xnli", "--on", "LORA", "--transfer", "continue"], 2, "continued with another method"),
    (["train", "intermediate", "mnli", "--set", "method.kind=lora", "--language-adapter", "LANGUAGE"], 2, "stacked"),
    (["train", "language", "a/b", "--text", "TEXT"], 2, "no name for an adapter"),
    (["train", "language", "de", "--text", "missing.txt"], 3, "There is no file"),
    (["train", "language", "de", "--text", "words"], 2, "neither a .txt"),
    (["train", "intermediate", "mnl"], 2, "no task named 'mnl'"),
    (["train", "intermediate", "mnli", "--with-mlm", "missing.txt"], 3, "There is no file"),
    (["train", "intermediate", "xnli"], 2, "no training data of its own"),
    (["train", "target", "xnl"], 2, "no task named 'xnl'"),
    (["train", "target", "xnli", "--on", "intermediate/nothing"], 3, "intermediate/nothing"),
    (["evaluate", "xnl", "--stack", "target/x"], 2, "no task named 'xnl'"),
    (["evaluate", "xnli", "--stack", "target/x"], 3, "target/x"),
    (["evaluate", "xnli", "--stack", "x"], 2, "no reference"),
    (["evaluate", "xnli", "--stack", ","], 2, "empty"),
    (["evaluate", "xnli", "--stack", "LANGUAGE", "--languages", "xx"], 2, "xx"),
    (["evaluate", "xnli", "--stack", "TARGET", "--backbone", "nowhere"], 2, "no backbone 'nowhere'"),
    (["evaluate", "xnli", "--stack", "TARGET", "--device", "gpu"], 2, "no device 'gpu'"),
    (["evaluate", "xnli", "--stack", "TARGET", "--offline"], 3, "There are no files of"),
    (["evaluate", "tatoeba", "--stack", "none", "--layer", "9" * 5000], 2, "--layer"),
    (["evaluate", "tatoeba", "--stack", "none", "--layer", "0"], 2, "There is no layer 0"),
    (["evaluate", "tatoeba", "--stack", "none", "--layer", "3", "--backbone", "TWO_LAYERS"], 2, "the layers 1 to 2"),
    (["evaluate", "lareqa", "--stack", "none", "--layer", "auto"], 2, "no dev split to choose the layer by"),
    (["evaluate", "tatoeba", "--stack", "MIDDLE,LANGUAGE"], 2, "out of order"),
    (["evaluate", "xnli", "--stack", "TARGET,MIDDLE"], 2, "out of order"),
    (["evaluate", "xnli", "--stack", "TARGET,LANGUAGE"], 2, "out of order"),
    (["evaluate", "xnli", "--stack", "TARGET,TAGGER"], 2, "at most one target"),
    (["evaluate", "xnli", "--stack", "LANGUAGE,LANGUAGE"], 2, "at most one language"),
    (["evaluate", "xnli", "--stack", "MIDDLE,MIDDLE,TARGET"], 2, "stands twice"),
    (["evaluate", "xnli", "--stack", "MIDDLE//LORA"], 2, "is no fusion"),
    (["evaluate", "xnli", "--stack", "MIDDLE//LORA,TARGET"], 2, "cannot be stacked"),
    (["evaluate", "xnli", "--stack", "LORA,TARGET"], 2, "cannot be stacked"),
    (["evaluate", "xnli", "--stack", "MIDDLE//ENGLISH_MIDDLE,TARGET"], 2, "has no fusion layer"),
    (["evaluate", "xnli", "--stack", "LANGUAGE"], 2, "is for masked_lm, xnli needs classification"),
    (["evaluate", "xnli", "--stack", "HEADLESS"], 2, "headless has no head"),
    (["evaluate", "xnli", "--stack", "TAGGER"], 2, "is for tagging, xnli needs classification"),
    (["evaluate", "paws_x", "--stack", "TARGET"], 2, "answers entailment, neutral, contradiction; paws_x has"),
    (["evaluate", "xnli", "--stack", "TARGET", "--precision", "fp16", "--device", "cpu"], 2, "fp16 needs a GPU"),
    (["evaluate", "xnli", "--stack", "LANGUAGE", "--layer", "3"], 2, "layer is for retrieval"),
    (["grid", "run", "BAD"], 2, "known"),
    (["grid", "run", "nothing"], 2, "no built-in config"),
    (["grid", "run", "phang2020", "--device", "gpu"], 2, "no device 'gpu'"),
    (["grid", "run", "phang2020", "--engine", "slurm", "--sbatch", "-x"], 2, "no option of sbatch"),
    (["grid", "run", "phang2020", "--set", "seeds=[-1]"], 2, "seeds.0: should be"),
    (["grid", "plan", "BAD"], 2, "known"),
    (["grid", "report", "BAD"], 2, "known"),
    (["grid", "status", "BAD"], 2, "known"),
    (["backbone", "show", "nowhere"], 2, "no backbone 'nowhere'"),
    (["backbone", "show", "xlmr-base", "--device", "gpu"], 2, "no device 'gpu'"),
    (["backbone", "pretrain", "BAD"], 2, "known"),
    (["backbone", "pretrain", "encoder-small", "--set", "train.steps=0"], 2, "train.steps: should be"),
    (["backbone", "pretrain", "encoder-small", "--out", "FOLDER"], 2, "exists already"),
    (["zoo", "import", "FOLDER", "--role", "middle"], 2, "no role 'middle'"),
    (["zoo", "import", "FOLDER", "--name", LONG], 2, "300 bytes"),
    (["zoo", "import", "FOLDER", "--backbone", "nowhere"], 2, "no backbone 'nowhere'"),
    (["zoo", "pull", "hub:a/b", "--device", "gpu"], 2, "no device 'gpu'"),
    (["zoo", "pull", "a/b"], 2, "no repository"),
    (["zoo", "publish", "target/x", "--to", "hub:a/b"], 3, "target/x"),
    (["zoo", "publish", "--to", "hub:a/b"], 2, "Nothing, or too much"),
    (["zoo", "publish", "LANGUAGE"], 2, "No place"),
    (["zoo", "publish", "LANGUAGE", "--to", "hub:a"], 2, "no repository"),
    (["zoo", "publish", "LANGUAGE", "--to", "hub:a/b", "--scores", "BAD"], 3, "holds no scores"),
    (["zoo", "export", "target/x", "out"], 3, "target/x"),
    (["zoo", "prune", "--older-than", "nan"], 2, "nan"),
    (["zoo", "prune", "--older-than", "1e300"], 2, "1e+300"),
    (["tasks", "preview", "xnli", "--backbone", "nowhere"], 2, "no backbone 'nowhere'"),
    (["tasks", "preview", "xnli", "--offline"], 3, "There are no files of"),
    (["miniature", "adapters", "out", "--data", "NO_WORLD"], 3, "no passport"),
    (["demo", "--workers", "0"], 2, "0"),
]


REFERENCES = {
    "LANGUAGE": "language/en",
    "MIDDLE": "intermediate/mnli",
    "ENGLISH_MIDDLE": "intermediate/mnli+la.en",
    "LORA": "intermediate/lora",
    "TARGET": "target/xnli",
    "TAGGER": "target/panx",
    "HEADLESS": "intermediate/headless",
}


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[object, str]]:
    """How each of these commands ends where torch cannot be imported, all in one process, and what it says."""
    from madx_stilts.card import BackboneNote, Card, Parent
    from madx_stilts.recipe import Method, MethodKind, Part, Recipe
    from madx_stilts.stack import Role
    from madx_stilts.tasks import TASKS
    from madx_stilts.tasks.text import MASKED_LM
    from madx_stilts.tasks.world import PASSPORT
    from madx_stilts.zoo.store import Zoo

    folder = tmp_path_factory.mktemp("checked")
    (folder / "bad.yaml").write_text("train: {epochs: 0}")
    (folder / "text.txt").write_text("a text\n")
    (folder / "folder").mkdir()
    (folder / "world").mkdir()
    (folder / "world" / PASSPORT).write_text("[]")
    (folder / "two").mkdir()
    (folder / "two" / "config.json").write_text(json.dumps({"model_type": "bert", "num_hidden_layers": 2}))
    note = BackboneNote(name="b", fingerprint="f1" * 32, model_type="xlm-roberta", hidden_size=8, layers=2)
    zoo = Zoo([folder / "zoo"])

    def add(role: Role, name: str, task: str, *, below: tuple[str, ...] = (), kind: MethodKind = "seq_bn") -> str:
        part = Part(task=task, version=1 if task == MASKED_LM.name else TASKS[task].version, language="en")
        recipe = Recipe(parts=(part,), below=below, method=Method(kind=kind))
        identity = recipe.identity(backbone=note.fingerprint, data={})
        parents = tuple(Parent(id=id, reference=f"language/en@{id[:8]}") for id in below)
        card = Card(id=identity, name=name, recipe=recipe, backbone=note, data={}, parents=parents)
        with zoo.adding(card) as inner:
            (inner / "adapter.safetensors").write_bytes(b"weights")
            if name != "headless":
                (inner / "head_config.json").write_bytes(b"{}")
        zoo.name(role, name, identity)
        return identity

    language = add(Role.LANGUAGE, "en", MASKED_LM.name)
    add(Role.INTERMEDIATE, "mnli", "mnli")
    add(Role.INTERMEDIATE, "mnli+la.en", "mnli", below=(language,))
    add(Role.INTERMEDIATE, "lora", "mnli", kind="lora")
    add(Role.TARGET, "xnli", "xnli")
    add(Role.TARGET, "panx", "panx")
    add(Role.INTERMEDIATE, "headless", "snli")
    places = {"BAD": "bad.yaml", "TEXT": "text.txt", "FOLDER": "folder", "NO_WORLD": "world", "TWO_LAYERS": "two"}
    meant = {name: str(folder / place) for name, place in places.items()} | REFERENCES

    def written(word: str) -> str:
        return re.sub(r"[A-Z]+(_[A-Z]+)*", lambda match: meant.get(match[0], match[0]), word)

    commands = [["--zoo", str(folder / "zoo"), *map(written, words)] for words, _, _ in WRONG]
    done = subprocess.run(
        [sys.executable, "-c", RUN, json.dumps(commands)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [(code, said) for code, said in json.loads(done.stdout)]


@pytest.mark.parametrize("at", range(len(WRONG)), ids=lambda at: " ".join(WRONG[at][0])[:70])
def test_wrong_words_are_refused_before_torch_is_imported(ends: list[tuple[object, str]], at: int) -> None:
    _, code, part = WRONG[at]
    found, said = ends[at]
    assert (found, part in said) == (code, True), said[-1000:]
