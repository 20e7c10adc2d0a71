"""Adapters trained one after another and in lockstep, side by side: time and peak memory of one step of all of them.

    python benchmarks/lockstep.py --shape minilm --learners 10 --batch 8 --tokens 64

Every adapter stands on a frozen intermediate of its own. Backbones have random weights, which cost the same. On a CPU
the time is CPU time, the least of some rounds in turn; on a GPU it is wall time. Each peak is measured in a process of
its own: on a GPU what torch allocated, on a CPU the growth of the process over the model with all adapters in it.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from madx_stilts.nets.backbone import Backbone
    from madx_stilts.train.feed import Dealt
    from madx_stilts.train.learner import Learner, Weights

WAYS = ("looped", "lockstep")
# Layers, width, heads, width of the feed-forward parts, vocabulary.
SHAPES = {
    "miniature": (4, 128, 4, 512, 4000),
    "minilm": (6, 384, 12, 1536, 30522),
    "base": (12, 768, 12, 3072, 250002),
    "large": (24, 1024, 16, 4096, 250002),
}


def write_backbone(folder: Path, shape: str) -> None:
    """A random XLM-R of a shape, with a tiny tokenizer that is not used."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaModel

    from madx_stilts.demo.backbone import write_tiny_backbone
    from madx_stilts.demo.sentences import all_text

    layers, hidden, heads, wide, vocabulary = SHAPES[shape]
    write_tiny_backbone(folder, all_text())
    torch.manual_seed(0)
    config = XLMRobertaConfig(
        num_hidden_layers=layers,
        hidden_size=hidden,
        num_attention_heads=heads,
        intermediate_size=wide,
        vocab_size=vocabulary,
        max_position_embeddings=514,
        type_vocab_size=1,
    )
    XLMRobertaModel(config).save_pretrained(folder)


class Bench:
    """Learners on one backbone, and steps for them.

    Args:
        arguments: Of the command line.
        out: How many of the lowest layers are left out.
    """

    def __init__(self, arguments: argparse.Namespace, out: int) -> None:
        from madx_stilts.nets.backbone import load_backbone
        from madx_stilts.nets.stacking import trunk_below
        from madx_stilts.recipe import Method

        self.arguments = arguments
        precision, device = arguments.precision, arguments.device
        self.backbone: Backbone = load_backbone(
            "benchmark", arguments.folder, precision=precision, device=device, offline=True
        )
        method = Method(leave_out=tuple(range(out)))
        self.trunk = trunk_below(self.backbone, [method])
        self.learners = [self._learner(at, method) for at in range(arguments.learners)]
        self.fresh = [learner.weights() for learner in self.learners]
        self.dealt = [self._dealt(step) for step in range(arguments.steps)]

    def _learner(self, at: int, method: object) -> "Learner":
        from madx_stilts.nets.heads import Head, add_head
        from madx_stilts.nets.stacking import adapter_parameters, add_fresh, head_parameters
        from madx_stilts.recipe import Method, TrainSettings
        from madx_stilts.tasks import TASKS
        from madx_stilts.train.learner import Learner
        from madx_stilts.train.schedule import Course

        if not isinstance(method, Method):
            raise TypeError("no method")
        below, name = f"below-{at:08}", f"top-{at:08}"
        for number, adapter in enumerate((below, name)):
            add_fresh(self.backbone, adapter, method, seed=2 * at + number)
        add_head(self.backbone, name, "classification", TASKS["mnli"], seed=at)
        self.backbone.model.requires_grad_(False)
        parameters = {**adapter_parameters(self.backbone, name), **head_parameters(self.backbone, name)}
        settings = TrainSettings(max_steps=self.arguments.steps, precision=self.arguments.precision)
        course = Course(settings, 10**6)
        return Learner(self.backbone, [below, name], [Head(name, "classification", "mnli")], parameters, course)

    def _dealt(self, step: int) -> "Dealt":
        import numpy as np
        import torch

        from madx_stilts.data.batch import Batch
        from madx_stilts.train.feed import Dealt

        count, tokens = self.arguments.batch, self.arguments.tokens
        random = torch.Generator().manual_seed(step)
        vocabulary = SHAPES[self.arguments.shape][-1]
        ids = torch.randint(5, vocabulary, (count, tokens), generator=random)
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        return Dealt(0, [Batch(inputs, {"label": torch.arange(count) % 3}, np.arange(count))])

    def train(self, way: str) -> float:
        """Train all learners; the seconds that a step of all of them took."""
        from madx_stilts.train.listen import Quiet
        from madx_stilts.train.loop import Session, run

        session = Session(self.backbone, self.trunk, Path(self.arguments.folder) / "unused", Quiet(), 10**9)
        groups = [self.learners] if way == WAYS[1] else [[learner] for learner in self.learners]
        for learner in self.learners:
            learner.done = 0
        began = self._now()
        steps: int = self.arguments.steps
        for group in groups:
            run(session, group, self.dealt.__getitem__, None)
        return (self._now() - began) / steps

    def weights_after(self, way: str) -> list["Weights"]:
        """The weights of all learners after training from the same fresh ones, with the same dropout."""
        import torch

        from madx_stilts.train.learner import generator_states

        for learner, fresh in zip(self.learners, self.fresh, strict=True):
            learner.put(fresh)
            learner.__post_init__()
            torch.manual_seed(0)
            learner.random = generator_states(self.backbone.device)
        self.train(way)
        return [learner.weights() for learner in self.learners]

    def _now(self) -> float:
        import torch

        if self.backbone.device.type == "cuda":
            torch.cuda.synchronize()
            return time.perf_counter()
        return time.process_time()


def times(arguments: argparse.Namespace) -> dict[str, object]:
    """Seconds of a step, either way, and whether the weights are the same to the last bit."""
    import torch

    bench = Bench(arguments, arguments.out)
    after = {way: bench.weights_after(way) for way in WAYS}
    pairs = zip(*(after[way] for way in WAYS), strict=True)
    equal = all(torch.equal(one[name], other[name]) for one, other in pairs for name in one)
    rounds = [{way: bench.train(way) for way in WAYS} for _ in range(arguments.rounds)]
    return {"equal": equal, **{way: min(one[way] for one in rounds) for way in WAYS}}


def peak(arguments: argparse.Namespace) -> dict[str, object]:
    """The most memory that one way took, in bytes."""
    import torch

    def highest() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    bench = Bench(arguments, arguments.out)
    before = highest()
    if bench.backbone.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    bench.train(arguments.way)
    on_gpu = bench.backbone.device.type == "cuda"
    return {"bytes": torch.cuda.max_memory_allocated() if on_gpu else highest() - before}


def asked(*options: str) -> dict[str, object]:
    """What this script measures in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *options], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return result


def row(folder: str, out: int, measured: Callable[..., dict[str, object]]) -> str:
    """A line of the table."""
    common = (*sys.argv[1:], "--folder", folder, "--out", str(out))
    time_of = measured(*common, "--measure", "time")
    bytes_of = {way: float(str(measured(*common, "--measure", "peak", "--way", way)["bytes"])) for way in WAYS}
    loop, lock = (float(str(time_of[way])) for way in WAYS)
    megabytes = [bytes_of[way] / 1e6 for way in WAYS]
    cells = [f"{loop:.3f}", f"{lock:.3f}", f"{loop / lock:.2f}", f"{megabytes[0]:.0f}", f"{megabytes[1]:.0f}"]
    return f"| {out} | " + " | ".join(cells) + f" | {'yes' if time_of['equal'] else 'NO'} |"


def main() -> None:
    """Read the arguments; without `--measure`, measure all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=list(SHAPES), default="miniature")
    parser.add_argument("--learners", type=int, default=10)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=64)
    parser.add_argument("--steps", type=int, default=4, help="of each round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--precision", choices=["fp32", "bf16", "fp16"], default="fp32")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--measure", choices=["time", "peak"], help=argparse.SUPPRESS)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(times(arguments) if arguments.measure == "time" else peak(arguments)))
        return
    layers = SHAPES[arguments.shape][0]
    print(f"{arguments.learners} learners, {layers} layers, batches of {arguments.batch} x {arguments.tokens}\n")
    print("| layers left out | looped, s a step of all | lockstep | ratio | looped, peak MB | lockstep | same bits |")
    print("|---|---|---|---|---|---|---|")
    with TemporaryDirectory() as folder:
        write_backbone(Path(folder) / "backbone", arguments.shape)
        for out in (0, layers // 2, round(layers * 2 / 3)):
            print(row(f"{folder}/backbone", out, asked), flush=True)


if __name__ == "__main__":
    main()
