"""One adapter in training: its parameters, optimiser, clipping, early stop, best and averaged weights."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_

from madx_stilts.data.batch import Batch
from madx_stilts.errors import JobFailed, MadxStiltsError, UsageError
from madx_stilts.nets.backbone import Backbone
from madx_stilts.nets.fusion import distance, of_fusion
from madx_stilts.nets.heads import HEADS, Head, answer
from madx_stilts.nets.stacking import activate
from madx_stilts.recipe import FusionSettings
from madx_stilts.train.schedule import Schedule, layer_of
from madx_stilts.train.translations import Translations

Weights = dict[str, Tensor]


@dataclass
class Learner:
    """An adapter with its heads, trained on top of a frozen stack.

    Several learners can see the same batches: each has its own optimiser, clipping, early stop, best weights and
    random numbers, so that what it learns does not depend on who else is there.

    Args:
        backbone: Shared, frozen.
        stack: Names in the model, bottom to top; the last one is trained.
        heads: The head for each part of the recipe; parts of one task share theirs.
        parameters: What is trained, by full name in the model: adapter and heads.
        course: Its steps.
        fusion: How the fusion layer among the parameters is trained; None: there is none.
        translations: What the adapter is pulled to beside what its heads learn; None: nothing.
        done: How many of them are done.
        looked: The steps after which the dev data were scored last.
        failure: Why it cannot go on.
    """

    backbone: Backbone
    stack: Sequence[str]
    heads: Sequence[Head]
    parameters: dict[str, nn.Parameter]
    course: Schedule
    fusion: FusionSettings | None = None
    translations: Translations | None = None
    done: int = 0
    looked: int = 0
    failure: MadxStiltsError | None = None
    best_score: float | None = None
    best_step: int = 0
    looks_without_gain: int = 0
    snapshots: int = 0
    best: Weights = field(default_factory=dict)
    mean: Weights = field(default_factory=dict)

    def __post_init__(self) -> None:
        settings = self.course.settings
        self.optimizer = torch.optim.AdamW(
            [{"params": group, "share": share} for group, share in self._groups()],
            lr=settings.learning_rate,
            betas=settings.adam_betas,
            eps=settings.adam_epsilon,
            weight_decay=settings.weight_decay,
        )
        self.scaler = torch.amp.GradScaler(self.backbone.device.type, enabled=settings.precision == "fp16")
        self.random = generator_states(self.backbone.device)

    @property
    def name(self) -> str:
        """The trained adapter's name in the model."""
        return self.stack[-1]

    @property
    def finished(self) -> bool:
        """Whether early stopping has ended it."""
        patience = self.course.settings.patience
        return patience is not None and self.looks_without_gain >= patience

    @property
    def active(self) -> bool:
        """Whether there are steps to do for it: it has not failed, and early stopping has not ended it."""
        return self.failure is None and not self.finished and self.done < self.course.steps

    def require_thawed(self) -> None:
        """Gradual unfreezing reaches every layer that has an adapter before the last step.

        Raises:
            UsageError: It would leave the lowest of them as they were drawn.
        """
        every, steps, layers = self.course.settings.unfreeze_every, self.course.steps, self.backbone.layers
        lowest = min((layer for layer in map(layer_of, self.parameters) if layer is not None), default=layers - 1)
        reached = self.course.lowest_trained_layer(steps - 1, layers)
        if every is not None and reached > lowest:
            fitting = max(1, (steps - 1) // (layers - 1 - lowest))
            raise UsageError(
                f"With unfreeze_every {every}, {steps} steps reach down to layer {reached}, and the adapter begins in "
                f"layer {lowest}: what lies between would never be trained.",
                hint=f"Set train.unfreeze_every to {fitting} or less, or train for more steps.",
            )

    @property
    def owes_look(self) -> bool:
        """Whether the dev data are still to be scored: it was stopped in the middle of that."""
        return self.failure is None and self.looked < self.done and self.course.looks_at_dev(self.done)

    @contextmanager
    def own_chance(self) -> Iterator[None]:
        """Draw from this learner's own generators inside the block; those outside go on as if nothing had happened."""
        outside = generator_states(self.backbone.device)
        set_generators(self.backbone.device, self.random)
        try:
            yield
        finally:
            self.random = generator_states(self.backbone.device)
            set_generators(self.backbone.device, outside)

    def loss(self, micro: Batch, count: int, part: int = 0) -> Tensor:
        """A micro-batch's share of the batch's mean loss.

        Args:
            micro: A micro-batch on the backbone's device.
            count: Labelled answers in the whole batch.
            part: Which part of the recipe it is of.
        """
        head = self.heads[part]
        activate(self.backbone, self.stack)
        with self.backbone.autocast():
            logits = answer(self.backbone, head.name, head.kind, micro.inputs, micro.labels)
        loss = HEADS[head.kind].loss(logits, micro.labels) / count
        weight, micros = self.course.settings.translations, self.course.settings.accumulate
        if weight is None or self.translations is None:
            return loss
        return loss + weight / micros * self.translations.distance(micro, self.stack)

    def step(self, batch: Sequence[Batch], step: int, part: int = 0) -> float:
        """One optimiser step. Heads that the batch is not for stay as they are, their moments too.

        Args:
            batch: Its micro-batches.
            step: Its number, from 0; with the course it decides rate and frozen layers.
            part: Which part of the recipe the batch is of.

        Returns:
            The batch's mean loss.

        Raises:
            JobFailed: The loss is not a finite number.
        """
        self._thaw(step)
        count = max(1, sum(HEADS[self.heads[part].kind].count(micro.labels) for micro in batch))
        total = 0.0
        for micro in batch:
            loss = self.loss(micro, count, part)
            self.scaler.scale(loss).backward()
            total += float(loss.detach())
        if not torch.isfinite(torch.tensor(total)):
            self.optimizer.zero_grad()
            raise JobFailed(
                f"The loss of {self.name} is {total} at step {step + 1}.",
                hint="Try a lower learning rate or a longer warm-up.",
            )
        self._pull_back()
        self.scaler.unscale_(self.optimizer)
        clip_grad_norm_(self.parameters.values(), self.course.settings.clip_norm)
        for group in self.optimizer.param_groups:
            group["lr"] = self.course.rate(step) * group["share"]
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.optimizer.zero_grad()
        if self.course.takes_snapshot(step + 1):
            self._average()
        return total

    def note(self, score: float, done: int) -> None:
        """Take a dev score into account (higher is better): keep the weights if they are the best so far."""
        self.looked = done
        if self.best_score is not None and score <= self.best_score:
            self.looks_without_gain += 1
            return
        self.best_score, self.best_step, self.looks_without_gain = score, done, 0
        if self.course.settings.keep == "best":
            self.best = self.weights()

    def weights(self) -> Weights:
        """A copy of the trained weights, on the CPU."""
        return {name: parameter.detach().to("cpu", copy=True) for name, parameter in self.parameters.items()}

    def put(self, weights: Weights) -> None:
        """Set the trained weights."""
        with torch.no_grad():
            for name, parameter in self.parameters.items():
                parameter.copy_(weights[name])

    def settle(self) -> None:
        """Set the weights that become the artefact: best, last or mean, as the recipe says."""
        kept = {"best": self.best, "average": self.mean, "last": {}}[self.course.settings.keep]
        if kept:
            self.put(kept)
        for parameter in self.parameters.values():
            parameter.requires_grad_(False)

    def _thaw(self, step: int) -> None:
        lowest = self.course.lowest_trained_layer(step, self.backbone.layers)
        for name, parameter in self.parameters.items():
            layer = layer_of(name)
            parameter.requires_grad_(layer is None or layer >= lowest)

    def _pull_back(self) -> None:
        """Add the gradient of what keeps the value matrices of a fusion layer near the identity."""
        matrices = of_fusion(self.parameters, "value.weight")
        moving = [parameter for parameter in matrices if parameter.requires_grad]
        if self.fusion is not None and self.fusion.pull and moving:
            self.scaler.scale(self.fusion.pull * distance(moving)).backward()

    def _groups(self) -> Iterator[tuple[list[nn.Parameter], float]]:
        """What is trained at one rate, and that over the course's."""
        fusion = of_fusion(self.parameters)
        known = {id(parameter) for parameter in fusion}
        yield [parameter for parameter in self.parameters.values() if id(parameter) not in known], 1.0
        if self.fusion is not None:
            yield fusion, self.fusion.rate

    def _average(self) -> None:
        """Running mean of the snapshots, so that memory does not grow with their number."""
        self.snapshots += 1
        for name, now in self.weights().items():
            mean = self.mean.setdefault(name, torch.zeros_like(now))
            mean += (now - mean) / self.snapshots


def generator_states(device: torch.device) -> Weights:
    """The states of the generators that dropout on a device draws from."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_generators(device: torch.device, states: Weights) -> None:
    """Put the generators where `generator_states` found them; those without a state stay as they are."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
