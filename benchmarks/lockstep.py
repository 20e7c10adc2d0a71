"""Adapters trained one after another, in lockstep, and in lockstep over a trunk cache, side by side.

Measured are time and peak memory of one step of all of them.

    python benchmarks/lockstep.py --shape minilm --learners 10 --batch 8 --tokens 64

Every adapter stands on a frozen intermediate of its own. Backbones have random weights, which cost the same. On a CPU
the time is CPU time, the least of some rounds in turn; on a GPU it is wall time. Each peak is measured in a process of
its own: on a GPU what torch allocated, on a CPU the growth of the process over the model with all adapters in it.
What is cached was computed before; it is read anew in each step. Where no layer is left out nothing is cached.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from madx_stilts.nets.backbone import Backbone
    from madx_stilts.train.batches import StepBatch
    from madx_stilts.train.learner import Learner, Weights
    from madx_stilts.train.trunk_cache import TrunkStates

WAYS = ("looped", "lockstep", "cached")
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
        self.open = ExitStack()
        self.states: Mapping[int, TrunkStates] | None = None

    def _learner(self, at: int, method: object) -> "Learner":
        from madx_stilts.nets.heads import Head, add_head
        from madx_stilts.nets.stacking import adapter_parameters, add_fresh, head_parameters
        from madx_stilts.recipe import Method, TrainSettings
        from madx_stilts.tasks import TASKS
        from madx_stilts.train.learner import Learner
        from madx_stilts.train.schedule import Schedule

        if not isinstance(method, Method):
            raise TypeError("no method")
        below, name = f"below-{at:08}", f"top-{at:08}"
        for number, adapter in enumerate((below, name)):
            add_fresh(self.backbone, adapter, method, seed=2 * at + number)
        add_head(self.backbone, name, "classification", TASKS["mnli"], seed=at)
        self.backbone.model.requires_grad_(False)
        parameters = {**adapter_parameters(self.backbone, name), **head_parameters(self.backbone, name)}
        settings = TrainSettings(max_steps=self.arguments.steps, precision=self.arguments.precision)
        course = Schedule(settings, 10**6)
        return Learner(self.backbone, [below, name], [Head(name, "classification", "mnli")], parameters, course)

    def _dealt(self, step: int) -> "StepBatch":
        import numpy as np
        import torch

        from madx_stilts.data.batch import Batch
        from madx_stilts.train.batches import StepBatch

        count, tokens = self.arguments.batch, self.arguments.tokens
        random = torch.Generator().manual_seed(step)
        vocabulary = SHAPES[self.arguments.shape][-1]
        ids = torch.randint(5, vocabulary, (count, tokens), generator=random)
        inputs = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
        groups = np.arange(step * count, (step + 1) * count)
        return StepBatch(0, [Batch(inputs, {"label": torch.arange(count) % 3}, groups)])

    def _cached(self) -> Mapping[int, "TrunkStates"]:
        """What leaves the trunk for all batches, computed when it is first asked for."""
        if self.states is not None or not self.trunk.layers:
            return self.states or {}
        import numpy as np
        import torch

        from madx_stilts.data.array_cache import ArrayCache
        from madx_stilts.formats.base import Encoded
        from madx_stilts.recipe import Part, Recipe, TrainSettings
        from madx_stilts.train.batches import PartBatches
        from madx_stilts.train.schedule import Schedule
        from madx_stilts.train.trunk_cache import TrunkCache
        from madx_stilts.zoo.store import Zoo

        ids = torch.cat([dealt.batches[0].inputs["input_ids"] for dealt in self.dealt])
        bounds = np.arange(len(ids) + 1, dtype=np.int64) * ids.shape[1]
        encoded = Encoded(bounds, {"input_ids": ids.flatten().numpy().astype(np.int32)}, {})
        folder = Path(self.arguments.folder)
        keeper = TrunkCache(
            self.backbone, Zoo([folder / "zoo"]), ArrayCache(folder / "trunks", 10**11), lambda sentence: None
        )
        supply = PartBatches(encoded, Schedule(TrainSettings(), len(ids)), self.backbone, 0, masks=False)
        recipe = Recipe(parts=(Part(task="mnli", language="en"),))
        self.states = keeper.opened(self.open, self.trunk, recipe, [supply])
        return self.states

    def train(self, way: str) -> float:
        """Train all learners; the seconds that a step of all of them took."""
        from madx_stilts.train.callbacks import NullCallback
        from madx_stilts.train.loop import LoopContext, run

        states = self._cached() if way == "cached" else {}
        unused = Path(self.arguments.folder) / "unused"
        session = LoopContext(self.backbone, self.trunk, unused, NullCallback(), 10**9, states=states)
        groups = [[learner] for learner in self.learners] if way == "looped" else [self.learners]
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
    """Seconds of a step each way, whether lockstep makes the same weights to the last bit, how near cached comes."""
    import torch

    context = Bench(arguments, arguments.out)
    after = {way: context.weights_after(way) for way in WAYS}
    pairs = [(one[name], other[name]) for one, other in _both(after, "lockstep") for name in one]
    equal = all(torch.equal(one, other) for one, other in pairs)
    near = max(float((one[name] - other[name]).abs().max()) for one, other in _both(after, "cached") for name in one)
    rounds = [{way: context.train(way) for way in WAYS} for _ in range(arguments.rounds)]
    return {"equal": equal, "near": near, **{way: min(one[way] for one in rounds) for way in WAYS}}


def _both(after: Mapping[str, list["Weights"]], way: str) -> list[tuple["Weights", "Weights"]]:
    """The weights of each learner, one after another and another way."""
    return list(zip(after["looped"], after[way], strict=True))


def peak(arguments: argparse.Namespace) -> dict[str, object]:
    """The most memory that one way took, in bytes."""
    import torch

    def highest() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    context = Bench(arguments, arguments.out)
    if arguments.way == "cached":
        context._cached()
    before = highest()
    if context.backbone.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
    context.train(arguments.way)
    on_gpu = context.backbone.device.type == "cuda"
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
    loop, lock, cached = (float(str(time_of[way])) for way in WAYS)
    megabytes = [f"{bytes_of[way] / 1e6:.0f}" for way in WAYS]
    cells = [f"{loop:.3f}", f"{lock:.3f}", f"{loop / lock:.2f}", f"{cached:.3f}", f"{loop / cached:.2f}", *megabytes]
    cells += ["yes" if time_of["equal"] else "NO", f"{float(str(time_of['near'])):.0e}"]
    return f"| {out} | " + " | ".join(cells if out else [*cells[:3], "", "", *cells[5:7], "", cells[8], ""]) + " |"


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
    print("| layers left out | looped, s a step of all | lockstep | ratio | cached | ratio ", end="")
    print("| looped, peak MB | lockstep | cached | lockstep: same bits | cached: weights differ by |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    with TemporaryDirectory() as folder:
        write_backbone(Path(folder) / "backbone", arguments.shape)
        for out in (0, layers // 2, round(layers * 2 / 3)):
            print(row(f"{folder}/backbone", out, asked), flush=True)


if __name__ == "__main__":
    main()
