"""The commands that write, each with what prepares a place for it: what `kill_commands.py` kills."""

from dataclasses import dataclass

BACKBONE = ("--backbone", "miniature", "--device", "cpu")
SHORT = ("--limit", "120", "--steps", "12", "--batch-size", "8", "--max-tokens", "48", "--checkpoint-every", "2")
FAST = (*SHORT, "--set", "train.dev_limit=24", "--set", "train.evaluate_every=6", *BACKBONE)
TINY = """
architecture: encoder
size: {layers: 2, hidden: 32, heads: 2, feed_forward: 64, vocabulary: 2500}
text: {documents: 1200, measured: 40}
train: {steps: 40, batch_size: 16, adam_rate: 5e-3, looks: 1}
"""
GRID = """
name: kills
backbones: [miniature]
intermediates: [none]
targets: [xnli]
seeds: [0]
train: {target: {limit: 120, train: {max_steps: 6, batch_size: 8, max_tokens: 48, dev_limit: 24}}}
evaluate: {limit: 16}
"""
FUSED = "intermediate/mnli,intermediate/snli"
TRANSLATED = ("--config", "language", "--set", "train.translations=10")
TRUNK = ("--trunk-cache", "100MB", "--set", "method.leave_out=[0,1]")


@dataclass(frozen=True)
class Command:
    """A command.

    Args:
        words: `@name` is a file or folder of the place.
        before: Commands that prepare the place, run once.
    """

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()


INTERMEDIATES = tuple(("train", "intermediate", task, *FAST) for task in ("mnli", "snli"))
TARGET = (*INTERMEDIATES[:1], ("train", "target", "xnli", "--on", "intermediate/mnli", *FAST))
COMMANDS = {
    "miniature build": Command(("miniature", "build", "@mini", "--size", "small")),
    "miniature build over": Command(
        ("miniature", "build", "@mini", "--size", "small"),
        (("miniature", "build", "@mini", "--size", "small", "--seed", "2"),),
    ),
    "backbone pretrain": Command(("backbone", "pretrain", "@tiny.yaml", "--out", "@tiny")),
    "train language": Command(("train", "language", "qae", "--text", "@pairs.tsv", *TRANSLATED, *FAST)),
    "mixture": Command(("train", "intermediate", "mnli", "snli", "--sampling", "uniform", *FAST)),
    "fusion": Command(("train", "target", "xnli", "--on", FUSED, "--transfer", "fuse", *FAST), INTERMEDIATES),
    "trunk cache": Command(("train", "intermediate", "mnli", *FAST, *TRUNK)),
    "export": Command(("zoo", "export", "target/xnli+mnli", "@out"), TARGET),
    "import": Command(
        ("--zoo", "@other", "zoo", "import", "@given"), (*TARGET, ("zoo", "export", "target/xnli+mnli", "@given"))
    ),
    "publish": Command(("zoo", "publish", "--all", "--to", "@shared"), TARGET),
    "prune": Command(("zoo", "prune", "--older-than", "0", "--yes"), TARGET),
    "grid report": Command(
        ("grid", "report", "@grid.yaml", "--out", "@report"), (("grid", "run", "@grid.yaml", "--device", "cpu"),)
    ),
}
