"""An adapter on the frozen miniature encoder against fine-tuning all of it: scores, trained numbers, memory, time.

    madx-stilts miniature build mini
    python benchmarks/whole_model.py mini --seeds 3

Both ways see the same batches for the same number of steps. Each has the rate that was best for it on dev data among
those named with `--rates` (seed 0); whoever names only one gets that. Memory is what training adds to the loaded model:
gradients and the two moments of AdamW. Nothing here is about real languages.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

import torch
from torch import nn
from torch.nn.utils import clip_grad_norm_

from madx_stilts.config import BackboneConfig, load
from madx_stilts.data.encode import Encoder
from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources
from madx_stilts.formats import FORMATS
from madx_stilts.formats.base import Limits
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.nets.heads import HEADS, Head, add_head, answer
from madx_stilts.nets.stacking import activate, adapter_parameters, add_fresh, head_parameters
from madx_stilts.recipe import Method, TrainSettings
from madx_stilts.score.predict import predict
from madx_stilts.tasks.task import Split, Task
from madx_stilts.train.batches import PartBatches
from madx_stilts.train.schedule import Schedule

TASKS = ("xnli", "panx", "xquad", "udpos")
WAYS = ("adapter", "whole model")
BYTES = 4 * 3
"""Of each trained number in fp32: its gradient and two moments."""


@dataclass(frozen=True)
class Run:
    """What one training gave."""

    scores: dict[str, float]
    trained: int
    cpu_seconds: float


@dataclass(frozen=True)
class Lab:
    """Where it is trained."""

    place: DataSources
    source: str
    arguments: argparse.Namespace

    def run(self, task: Task, way: str, *, rate: float, seed: int, split: Split) -> Run:
        """Train on the source language, score in all languages."""
        backbone = load_backbone("benchmark", self.source, offline=True)
        arguments = self.arguments
        settings = TrainSettings(
            learning_rate=rate, batch_size=16, max_steps=arguments.steps, max_tokens=arguments.max_tokens, keep="last"
        )
        trained_on = self.place.tasks[task.training_tasks[-1]]
        limits = Limits(settings.max_tokens, settings.shared_tokens)
        examples = read(trained_on, trained_on.source_language, "train", place=self.place)
        encoded = Encoder(backbone.words, backbone.fingerprint, None).encode(examples, limits)
        course = Schedule(settings, len(encoded))
        supply = PartBatches(encoded, course, backbone, seed, masks=False)
        head = Head("task", FORMATS[task.format].head, task.name)
        stack, parameters = _trained(backbone, head, task, way, seed=seed, reduction=arguments.reduction)
        began = time.process_time()
        _train(backbone, head, stack, parameters, supply, seed=seed)
        seconds = time.process_time() - began
        languages = [task.source_language] if split == "dev" else list(task.languages)
        scored = trained_on if split == "dev" else task
        found = {one: self._score(backbone, head, scored, one, split, limits) for one in languages}
        return Run(found, sum(p.numel() for p in parameters), seconds)

    def _score(self, backbone: Backbone, head: Head, task: Task, language: str, split: Split, limits: Limits) -> float:
        examples = read(task, language, split, place=self.place)
        encoded = Encoder(backbone.words, backbone.fingerprint, None).encode(examples, limits)
        backbone.model.eval()
        form = FORMATS[task.format]
        predictions = form.decode(
            predict(backbone, head=head.name, kind=head.kind, encoded=encoded), encoded, examples.items, task
        )
        return form.score(predictions, examples.items, task, language)[task.primary_metric]


def _trained(
    backbone: Backbone, head: Head, task: Task, way: str, *, seed: int, reduction: float
) -> tuple[list[str], list[nn.Parameter]]:
    """The adapters that are active, and what is trained."""
    stack = ["a"] if way == WAYS[0] else []
    if stack:
        add_fresh(backbone, "a", Method(reduction_factor=reduction), seed=seed)
    add_head(backbone, head.name, head.kind, task, seed=seed)
    activate(backbone, stack)
    of_head = head_parameters(backbone, head.name)
    inner = adapter_parameters(backbone, "a") if stack else dict(backbone.base.named_parameters())
    parameters = list({id(p): p for p in (*inner.values(), *of_head.values())}.values())
    backbone.model.requires_grad_(False)
    for parameter in parameters:
        parameter.requires_grad_(True)
    return stack, parameters


def _train(
    backbone: Backbone, head: Head, stack: list[str], parameters: list[nn.Parameter], supply: PartBatches, *, seed: int
) -> None:
    torch.manual_seed(seed)
    course = supply.course
    optimizer = torch.optim.AdamW(parameters, lr=course.settings.learning_rate, weight_decay=0.0)
    backbone.model.train()
    for step in range(course.steps):
        for micro in supply(step):
            count = max(1, HEADS[head.kind].count(micro.labels))
            logits = answer(backbone, head.name, head.kind, micro.inputs, micro.labels)
            (HEADS[head.kind].loss(logits, micro.labels) / count).backward()
        clip_grad_norm_(parameters, course.settings.clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = course.rate(step)
        optimizer.step()
        optimizer.zero_grad()


def main() -> None:
    """Read the arguments, run all, print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--tasks", default=",".join(TASKS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--reduction", type=float, default=4)
    parser.add_argument("--rates", default="3e-3;3e-4,1e-3", help="of the adapter; of the whole model")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    place = DataSources((arguments.data,), offline=True)
    lab = Lab(place, load("miniature", BackboneConfig, kind="backbones").source, arguments)
    rates = [[float(rate) for rate in some.split(",")] for some in arguments.rates.split(";")]
    print("| task | way | rate | source | mean of the others | trained numbers | MB more than loaded | CPU s |")
    print("|---|---|---|---|---|---|---|---|")
    for name in arguments.tasks.split(","):
        task = place.tasks[name]
        for way, tried in zip(WAYS, rates, strict=True):
            rate = tried[0]
            if len(tried) > 1:
                on_dev = {one: lab.run(task, way, rate=one, seed=0, split="dev").scores for one in tried}
                rate = max(tried, key=lambda one: on_dev[one][task.source_language])
            runs = [lab.run(task, way, rate=rate, seed=seed, split="test") for seed in range(arguments.seeds)]
            print(_row(task, way, rate, runs), flush=True)


def _row(task: Task, way: str, rate: float, runs: list[Run]) -> str:
    source = [run.scores[task.source_language] for run in runs]
    others = [mean(score for code, score in run.scores.items() if code != task.source_language) for run in runs]
    trained = runs[0].trained
    cells = [task.name, way, f"{rate:g}", _spread(source), _spread(others), f"{trained:,}"]
    cells += [f"{trained * BYTES / 1e6:.1f}", f"{mean(run.cpu_seconds for run in runs):.1f}"]
    return f"| {' | '.join(cells)} |"


def _spread(values: list[float]) -> str:
    return f"{mean(values):.1f}" + (f" ± {stdev(values):.1f}" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
