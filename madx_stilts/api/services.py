"""What a workspace does, with torch: it loads the backbone, and trains or scores on it."""

from collections.abc import Sequence
from dataclasses import replace

from madx_stilts.api.adapter import Adapter
from madx_stilts.api.options import EvalOptions, Precision, TrainOptions
from madx_stilts.api.places import Places
from madx_stilts.api.references import Reference, reference_in
from madx_stilts.card import Card
from madx_stilts.config import AdapterConfig
from madx_stilts.data.shelf import Shelf
from madx_stilts.nets.backbone import Backbone, load_backbone
from madx_stilts.recipe import Sampling
from madx_stilts.resolve import resolve_method, resolve_train
from madx_stilts.run.backbones import extent_in, origin_of
from madx_stilts.run.crew import device_named
from madx_stilts.score.bench import Bench, used_ids
from madx_stilts.score.embed import Pooling
from madx_stilts.score.evaluate import evaluate
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.score.swap import swap_in
from madx_stilts.stack import AdapterRef, Role, Stack
from madx_stilts.tasks.task import Split, Task
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.train import roles
from madx_stilts.train.job import Workshop
from madx_stilts.train.roles import Member, Text, Wish
from madx_stilts.zoo.composition import Transfer


def open_backbone(
    places: Places, precision: Precision, wanted: AdapterConfig | None = None, tasks: Sequence[Task] = ()
) -> Backbone:
    """Load the backbone of a workspace.

    Args:
        wanted: What is to be trained on it, if anything.
        tasks: What is trained on.

    Raises:
        BackboneError: It cannot be loaded.
        UsageError: The device is not there, or it has no room for what is wanted.
    """
    origin, device = origin_of(places.backbone), device_named(places.device)
    folder = origin.located(offline=places.data.offline, say=places.say)
    if wanted is not None:
        method, train = resolve_method(wanted.method, tasks), resolve_train(wanted.train, tasks)
        extent_in(folder, origin.name).require(method, train)
    places.say(f"Loading the backbone {origin.name}, in {precision} on {device}.")
    return load_backbone(origin.name, folder, precision=precision, device=device)


class Trainer:
    """Trains adapters in a workspace.

    Raises:
        ConfigError: The config has faults.
    """

    def __init__(self, places: Places, options: TrainOptions) -> None:
        self.places = places
        self.options = options
        self.config = options.adapter_config()

    def language(self, text: Text, *, limit: int | None, name: str | None) -> Adapter:
        """Train a language adapter."""
        wish = replace(self._wish(limit, name), language=None)
        card = roles.train_language(self._shop([MASKED_LM]), text.language, text.source, wish, tokens=text.tokens)
        return self._made(card, Role.LANGUAGE)

    def intermediate(
        self, task: Task, language_adapter: Reference | None, *, limit: int | None, name: str | None
    ) -> Adapter:
        """Train an intermediate adapter on one task."""
        shop = self._shop([task])
        wish = replace(self._wish(limit, name), language_adapter=self._language(shop, language_adapter))
        return self._made(roles.train_intermediate(shop, task.name, wish), Role.INTERMEDIATE)

    def mixture(
        self,
        tasks: Sequence[Task],
        texts: Sequence[Text],
        sampling: Sampling | None,
        *,
        limit: int | None,
        name: str | None,
    ) -> Adapter:
        """Train an intermediate adapter on several tasks and texts."""
        shop = self._shop([*tasks, *([MASKED_LM] if texts else [])])
        members = [Member(task.name) for task in tasks]
        card = roles.train_mixture(shop, members, sampling, self._wish(limit, name), texts=texts)
        return self._made(card, Role.INTERMEDIATE)

    def target(
        self,
        task: Task,
        on: Sequence[Reference],
        transfer: Transfer,
        language_adapter: Reference | None,
        *,
        limit: int | None,
    ) -> Adapter:
        """Train a target adapter."""
        shop = self._shop([self.places.data.tasks[stage] for stage in task.training_tasks])
        wish = replace(self._wish(limit, None), language_adapter=self._language(shop, language_adapter))
        below = [self._known(shop, one) for one in on]
        return self._made(roles.train_target(shop, task.name, wish, on=below, transfer=transfer), Role.TARGET)

    def _wish(self, limit: int | None, name: str | None) -> Wish:
        options = self.options
        return Wish(config=self.config, language=options.language, limit=limit, seed=options.seed, name=name)

    def _shop(self, tasks: Sequence[Task]) -> Workshop:
        places, options = self.places, self.options
        zoo = places.zoo
        zoo.sweep()
        return Workshop(
            backbone=open_backbone(places, self.config.train.precision, self.config, tasks),
            zoo=zoo,
            place=places.data,
            cache=places.encodings,
            listeners=options.callbacks,
            checkpoint_every=options.checkpoint_every,
            recompute=options.recompute,
            trunk_cache=Shelf(places.trunks, options.trunk_cache) if options.trunk_cache else None,
            replace_imported=options.replace_imported,
            tell=places.say,
        )

    def _known(self, shop: Workshop, reference: Reference) -> AdapterRef:
        return reference_in(shop.zoo, reference, backbone=shop.backbone.fingerprint)

    def _language(self, shop: Workshop, reference: Reference | None) -> AdapterRef | None:
        return None if reference is None else Stack(language=self._known(shop, reference)).language

    def _made(self, card: Card, role: Role) -> Adapter:
        ref = next(ref for ref in self.places.zoo.refs_of(card.id) if ref.role is role)
        return Adapter(ref, card)


def score(
    places: Places,
    task: Task,
    stack: Stack | Sequence[Reference],
    languages: Sequence[str],
    *,
    split: Split,
    limit: int | None,
    options: EvalOptions,
) -> Evaluation:
    """Score a stack in a workspace."""
    backbone = open_backbone(places, options.precision)
    zoo, fingerprint = places.zoo, backbone.fingerprint
    if not isinstance(stack, Stack):
        stack = Stack.of(tuple(reference_in(zoo, one, backbone=fingerprint) for one in stack))
    bench = Bench(
        backbone=backbone,
        zoo=zoo,
        place=places.data,
        cache=places.encodings,
        predictions=options.predictions,
        submission=options.submission,
        pooling=Pooling(options.pooling, options.layer),
        on_language=lambda language: places.say(f"{task.name}: scoring {language}"),
    )
    swap = None
    if options.language_adapters == "swap":
        swap = swap_in(zoo, options.missing, backbone=fingerprint, say=places.say)
    with zoo.holding(used_ids([stack], languages, swap)):
        return evaluate(bench, task, stack, languages, split=split, limit=limit, swap=swap)
