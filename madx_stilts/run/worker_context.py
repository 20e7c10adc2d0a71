"""State of a worker between jobs: a backbone, the zoo, the records, callbacks."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch

from madx_stilts.data.array_cache import ArrayCache
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import UsageError
from madx_stilts.grid.plan import Plan
from madx_stilts.nets.backbone import Backbone, Precision, load_backbone
from madx_stilts.nets.stacking import remove
from madx_stilts.run.backbones import origin_of
from madx_stilts.run.config import RunConfig
from madx_stilts.run.events import Event, Watcher, unwatched
from madx_stilts.score.context import EvalContext
from madx_stilts.train.callbacks import TrainerCallback
from madx_stilts.train.run import TrainContext
from madx_stilts.zoo.store import Zoo


@dataclass
class WorkerContext:
    """State of one worker between jobs.

    Args:
        plan: Tells what adapters are called.
        watch: Told what happens.
        number: Of the worker, from 0.
        listeners: Made for each training.
    """

    site: RunConfig
    plan: Plan
    watch: Watcher = unwatched
    number: int = 0
    listeners: Sequence[Callable[[], TrainerCallback]] = ()
    zoo: Zoo = field(init=False)
    place: DataSources = field(init=False)
    _loaded: tuple[str, Precision, Backbone] | None = field(default=None, init=False)
    _said: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        self.zoo, self.place = self.site.adapters, self.site.place

    @property
    def at_hand(self) -> str:
        """The backbone that is loaded, as the grid names it; empty if none is."""
        return self._loaded[0] if self._loaded else ""

    def backbone(self, name: str, precision: Precision) -> Backbone:
        """The backbone of that name, frozen and without adapters. One is kept at a time.

        Raises:
            BackboneError: It cannot be loaded.
            UsageError: There is none of that name, or the device is not there or cannot compute in this precision.
        """
        if self._loaded is not None and self._loaded[:2] == (name, precision):
            backbone = self._loaded[2]
            # Those of earlier jobs are not needed again, and hundreds of them would fill the memory.
            for attached in list(backbone.attached.values()):
                remove(backbone, attached)
            return backbone
        if self._loaded is not None:
            self.forget()
        origin = origin_of(name)
        folder = origin.located(offline=self.site.offline, say=self.say)
        backbone = load_backbone(origin.name, folder, precision=precision, device=device_named(self.site.device))
        self._loaded = (name, precision, backbone)
        return backbone

    def forget(self) -> None:
        """Let go of the backbone, and of whatever a failed job left in it."""
        self._loaded = None
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def train_context(self, backbone: Backbone, listeners: Sequence[Callable[[], TrainerCallback]]) -> TrainContext:
        """What trainings on a backbone share."""
        folder = self.site.trunk_cache
        return TrainContext(
            backbone=backbone,
            zoo=self.zoo,
            place=self.place,
            cache=self.site.cache,
            listeners=(*self.listeners, *listeners),
            checkpoint_every=self.site.checkpoint_every,
            recompute=self.site.recompute,
            trunk_cache=ArrayCache(folder, self.site.trunk_cache_bytes) if folder else None,
            tell=self.say,
        )

    def say(self, text: str) -> None:
        """Tell whoever watches something, once."""
        if text not in self._said:
            self._said.add(text)
            self.watch(Event(kind="said", worker=self.number, text=text))

    def eval_context(self, backbone: Backbone, on_language: Callable[[str], None]) -> EvalContext:
        """What scorings on a backbone share."""
        return EvalContext(
            backbone=backbone, zoo=self.zoo, place=self.place, cache=self.site.cache, on_language=on_language
        )


def device_named(wanted: str) -> str:
    """A device that is there; `auto` is a GPU if there is one.

    Raises:
        UsageError: There is no such device.
    """
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        # Reading a number back proves that there is a memory behind the name.
        torch.zeros(1, device=wanted).item()
    except (RuntimeError, AssertionError) as error:
        gpus = [f"cuda:{number}" for number in range(torch.cuda.device_count())]
        hint = f"There are: {', '.join(['cpu', *gpus])}; auto takes the best."
        raise UsageError(f"There is no device {wanted!r} here.", hint=hint) from error
    return wanted
