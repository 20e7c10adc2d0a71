"""Training and scoring on the backbone of a workspace. Importing this module loads torch."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from madx_stilts.api.adapter import Adapter
from madx_stilts.api.checked import Requested
from madx_stilts.api.config import Places
from madx_stilts.api.options import EvalOptions
from madx_stilts.api.references import Reference, References, language_adapter_in, references_in, stack_in
from madx_stilts.card import Card
from madx_stilts.config import AdapterConfig
from madx_stilts.data.array_cache import ArrayCache
from madx_stilts.errors import StorageError
from madx_stilts.nets.backbone import Backbone
from madx_stilts.recipe import Sampling
from madx_stilts.score.context import EvalContext, used_ids
from madx_stilts.score.embed import DEFAULT_POOLING, Pooling
from madx_stilts.score.evaluate import evaluate
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.score.progress import ProgressLines
from madx_stilts.score.swap import swap_in
from madx_stilts.stack import Role, Stack
from madx_stilts.tasks.task import Split, Task
from madx_stilts.train import requests as roles
from madx_stilts.train.callbacks import TrackerCallback
from madx_stilts.train.requests import MixtureTask, PlainText, TrainRequest
from madx_stilts.train.run import TrainContext
from madx_stilts.zoo.composition import Transfer
from madx_stilts.zoo.lookup import full_stack


class Trainer:
    """Trains adapters in a workspace.

    Args:
        config: Method and settings.
    """

    def __init__(self, places: Places, asked: Requested, config: AdapterConfig, backbone: Backbone) -> None:
        options = asked.options
        self.request = TrainRequest(config=config, limit=asked.limit, seed=options.seed, name=options.name)
        zoo = places.zoo
        with suppress(StorageError):  # where nothing can be written, nothing is lost; what is written next will say so
            zoo.sweep()
        followed = [*options.callbacks]
        if options.tracker is not None:
            followed.append(partial(TrackerCallback, options.tracker, Path.cwd() / "logs"))
        self.context = TrainContext(
            backbone=backbone,
            zoo=zoo,
            place=places.data,
            cache=places.encodings,
            listeners=followed,
            checkpoint_every=options.checkpoint_every,
            recompute=options.recompute,
            trunk_cache=ArrayCache(places.trunks, options.trunk_cache) if options.trunk_cache else None,
            replace_imported=options.replace_imported,
            tell=places.say,
        )

    def language(self, text: PlainText) -> Adapter:
        """Train a language adapter."""
        card = roles.train_language(self.context, text.language, text.source, self.request, tokens=text.tokens)
        return self._made(card, Role.LANGUAGE)

    def intermediate(self, task: Task, language: str | None, language_adapter: Reference | None) -> Adapter:
        """Train an intermediate adapter on one task."""
        request = replace(self._on(language_adapter), language=language)
        return self._made(roles.train_intermediate(self.context, task.name, request), Role.INTERMEDIATE)

    def mixture(
        self,
        members: Sequence[MixtureTask],
        texts: Sequence[PlainText],
        sampling: Sampling | None,
        language_adapter: Reference | None,
    ) -> Adapter:
        """Train one intermediate adapter on several tasks."""
        request = self._on(language_adapter)
        return self._made(roles.train_mixture(self.context, members, sampling, request, texts=texts), Role.INTERMEDIATE)

    def target(
        self,
        task: Task,
        language: str | None,
        on: Sequence[Reference],
        transfer: Transfer,
        language_adapter: Reference | None,
    ) -> Adapter:
        """Train a target adapter."""
        request = replace(self._on(language_adapter), language=language)
        below = references_in(self.context.zoo, on, backbone=self.context.backbone.fingerprint)
        return self._made(
            roles.train_target(self.context, task.name, request, on=below, transfer=transfer), Role.TARGET
        )

    def _on(self, language_adapter: Reference | None) -> TrainRequest:
        fingerprint = self.context.backbone.fingerprint
        bottom = language_adapter_in(self.context.zoo, language_adapter, backbone=fingerprint)
        return replace(self.request, language_adapter=bottom)

    def _made(self, card: Card, role: Role) -> Adapter:
        ref = next(ref for ref in self.context.zoo.refs_of(card.id) if ref.role is role)
        return Adapter(ref, card)


class Scorer:
    """Scores stacks in a workspace."""

    def __init__(self, places: Places, backbone: Backbone, options: EvalOptions) -> None:
        self.places = places
        self.backbone = backbone
        self.options = options

    def score(
        self, task: Task, given: References, languages: Sequence[str], *, split: Split, limit: int | None
    ) -> Evaluation:
        """Score a stack on a task in some languages."""
        zoo, fingerprint, options = self.places.zoo, self.backbone.fingerprint, self.options
        stack = stack_in(zoo, given, backbone=fingerprint)
        _note_another_stack(self.places, stack)
        swap = None
        if options.language_adapters == "swap":
            swap = swap_in(zoo, options.missing, backbone=fingerprint, say=self.places.note)
        count = f"{len(languages)} language{'s' if len(languages) > 1 else ''}"
        self.places.say(f"{task.name}: reading the {split} data of {count}")
        with zoo.holding(used_ids([stack], languages, swap)):
            return evaluate(self._bench(task), task, stack, languages, split=split, limit=limit, swap=swap)

    def _bench(self, task: Task) -> EvalContext:
        places, options = self.places, self.options
        progress = _Progress(places.say, task.name)
        return EvalContext(
            backbone=self.backbone,
            zoo=places.zoo,
            place=places.data,
            cache=places.encodings,
            predictions=options.predictions,
            submission=options.submission,
            pooling=Pooling(options.pooling or DEFAULT_POOLING.kind, options.layer),
            on_language=progress.language,
            on_batch=progress.batch,
            on_scored=lambda results: options.on_scored(results[0]),
        )


def _note_another_stack(places: Places, stack: Stack) -> None:
    """Report a stack whose topmost adapter was trained on others than now stand below it: it would score worse.

    Another language adapter in the place of its own is meant to be there (MAD-X).
    """
    if stack.top is None:
        return
    zoo = places.zoo
    trained_on = full_stack(zoo, zoo.card(stack.top.id), stack.top.role)
    exchanged = stack.language is not None and trained_on.language is not None
    if stack != (trained_on.with_language(stack.language) if exchanged else trained_on):
        there = trained_on.written
        places.note(f"{stack.top} was trained in another stack than the one that is scored; that was --stack {there}")


class _Progress:
    """Says which language is scored, and now and then how far that is."""

    def __init__(self, say: Callable[[str], None], task: str) -> None:
        self._say = say
        self._task = task
        self._pace = ProgressLines(say, task)

    def language(self, language: str) -> None:
        """A language begins."""
        line = f"{self._task}: scoring {language}"
        self._say(line)
        self._pace = ProgressLines(self._say, line)

    def batch(self, done: int, batches: int) -> None:
        """A batch of it is done."""
        self._pace(done, batches)
