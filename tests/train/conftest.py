"""A workshop around the tiny backbone and the toy data, and a world of stacks to train on there."""

import json
import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from madx_stilts.card import Card
from madx_stilts.config import AdapterConfig
from madx_stilts.errors import MadxStiltsError
from madx_stilts.files import sha256_of
from madx_stilts.recipe import Method, Part, Recipe, Sampling, StartWeights, TrainSettings
from madx_stilts.stack import Role

MakeShop = Callable[..., object]


@pytest.fixture(scope="session")
def still_backbone(tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny backbone without dropout, for tests that compare numbers."""
    folder = tmp_path_factory.mktemp("still") / "tiny"
    shutil.copytree(tiny_backbone, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


@pytest.fixture
def make_context(tmp_path: Path, tiny_mirror: Path) -> MakeShop:
    """Make a workshop with an empty zoo of its own."""
    from madx_stilts.data.sources import DataSources
    from madx_stilts.nets.backbone import load_backbone
    from madx_stilts.train.callbacks import TrainerCallback
    from madx_stilts.train.run import TrainContext
    from madx_stilts.zoo.store import Zoo

    def make(
        backbone: Path, name: str = "zoo", *, listener: Callable[[], TrainerCallback] | None = None, every: int = 3
    ) -> TrainContext:
        return TrainContext(
            backbone=load_backbone("tiny", backbone, offline=True),
            zoo=Zoo([tmp_path / name]),
            place=DataSources((tiny_mirror,), offline=True),
            cache=tmp_path / "encoded",
            listeners=[listener] if listener else [],
            checkpoint_every=every,
        )

    return make


@pytest.fixture
def settings() -> Callable[..., AdapterConfig]:
    """A short training with some settings changed."""

    def make(kind: str = "seq_bn", **changes: object) -> AdapterConfig:
        train = {
            "max_steps": 10,
            "batch_size": 8,
            "learning_rate": 5e-3,
            "max_tokens": 48,
            "evaluate_every": 4,
        } | changes
        method = Method.model_validate({"kind": kind, "reduction_factor": 4})
        return AdapterConfig(method=method, train=TrainSettings.model_validate(train))

    return make


@pytest.fixture
def world(
    tiny_backbone: Path, make_context: MakeShop, settings: Callable[..., AdapterConfig], tmp_path: Path
) -> "World":
    """Workshops on the tiny backbone, with intermediates to stand on."""
    return World(partial(make_context, tiny_backbone), settings, tmp_path)


def enlarge(folder: Path) -> None:
    """Multiply the weights of an adapter that lies in a zoo, so that losses over it are no numbers."""
    weights, card = folder / "adapter.safetensors", folder / "card.json"
    save_file({name: tensor * 1e30 for name, tensor in load_file(weights).items()}, weights)
    content = json.loads(card.read_text())
    content["files"][weights.name] = sha256_of(weights)
    card.write_text(json.dumps(content))


class World:
    """Workshops with equal intermediates in their zoos, and orders for targets over them."""

    def __init__(self, make_context: MakeShop, settings: Callable[..., AdapterConfig], folder: Path) -> None:
        self.make_context = make_context
        self.settings = settings
        self.leave_out: tuple[int, ...] = (0, 1)
        self.text = folder / "text.txt"
        self.text.write_text("\n".join(f"the dog sleeps in house {at}" for at in range(60)))

    def context(self, name: str, **options: Any) -> Any:
        """A workshop whose zoo holds the intermediates `low`, `high` and `wild`, and the language adapter `la`."""
        from madx_stilts.train.requests import TrainRequest, train_intermediate, train_language

        context: Any = self.make_context(name, **options)
        calm: dict[str, Any] = {"max_steps": 2, "evaluate_every": None, "keep": "last", "dev_limit": 4}
        for seed, middle in enumerate(("low", "high", "wild")):
            card = train_intermediate(context, "snli", TrainRequest(config=self.config(**calm), seed=seed, name=middle))
        enlarge(context.zoo.folder(card.id))
        language = self.settings("seq_bn_inv", **calm)
        train_language(context, "en", str(self.text), TrainRequest(config=language, name="la"))
        return context

    def config(self, leave_out: tuple[int, ...] | None = None, **changes: Any) -> AdapterConfig:
        """How a target is trained."""
        leave_out = self.leave_out if leave_out is None else leave_out
        config = self.settings(**{"dev_limit": 20, "max_steps": 7, "evaluate_every": 3, **changes})
        return config.model_copy(update={"method": config.method.model_copy(update={"leave_out": leave_out})})

    def order(
        self,
        context: Any,
        below: Sequence[str] = (),
        *,
        start: str | None = None,
        parts: tuple[Part, ...] = (Part(task="mnli", language="en"),),
        **changes: Any,
    ) -> Any:
        """An order for an adapter on these, bottom to top."""
        from madx_stilts.train.examples import TrainingExamples, load_examples
        from madx_stilts.train.lockstep import TrainJob

        config = self.config(**changes)
        ids = tuple(context.zoo.find(f"{'language' if name == 'la' else 'intermediate'}/{name}").id for name in below)
        begin = None if start is None else StartWeights(adapter=context.zoo.find(f"intermediate/{start}").id)
        sampling = Sampling() if len(parts) > 1 else None
        recipe = Recipe(
            parts=parts, sampling=sampling, below=ids, start=begin, method=config.method, train=config.train
        )
        materials = TrainingExamples([load_examples(part, config.train, context.place) for part in parts])
        name = "+".join(["t", *below]) + (f"-from-{start}" if start else "")
        return TrainJob(recipe, materials, Role.TARGET, name)

    def alone(self, context: Any, order: Any) -> Card:
        """What comes of an order that is trained alone."""
        from madx_stilts.train.run import train

        return train(context, order.recipe, order.materials, role=order.role, name=order.name)

    def files(self, context: Any, outcome: Card | MadxStiltsError) -> dict[str, bytes]:
        """Every file of an artefact but its card."""
        assert isinstance(outcome, Card), outcome
        folder = context.zoo.folder(outcome.id)
        found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        del found["card.json"]
        return found

    def facts(self, outcome: Card | MadxStiltsError) -> dict[str, object]:
        """All that a card says but of time and memory."""
        assert isinstance(outcome, Card), outcome
        return outcome.model_dump(exclude={"created", "wall_seconds", "peak_bytes"})

    def assert_as_alone(self, context: Any, outcomes: Sequence[Card | MadxStiltsError], make: Any) -> list[Card]:
        """Each of these is what it is when trained alone, from the same orders, in another zoo."""
        other = self.context("alone")
        cards = []
        for order, outcome in zip(make(other), outcomes, strict=True):
            card = self.alone(other, order)
            assert self.facts(outcome) == self.facts(card)
            assert self.files(context, outcome) == self.files(other, card)
            cards.append(card)
        assert context.zoo.verify() == []
        assert [name for name in context.backbone.model.adapters_config if name.startswith("t")] == []
        return cards
