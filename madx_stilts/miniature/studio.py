"""What every data set is made with: a world, its voices, how much is wanted, and where it is written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeVar

from madx_stilts.errors import UsageError
from madx_stilts.miniature.languages import SOURCE
from madx_stilts.miniature.mirror import Mirror
from madx_stilts.miniature.scene import ANYWHERE, Scene
from madx_stilts.miniature.text import Voice, voices
from madx_stilts.miniature.world import Domain, MiniatureWorld
from madx_stilts.tasks.task import Split

T = TypeVar("T")
PATIENCE = 50
"""How often more than needed a row is drawn before there are too few different ones."""
MiniatureSize = Literal["small", "full"]
SPLITS: Mapping[Split, str] = MappingProxyType({"train": "train", "dev": "validation", "test": "test"})
"""What the hub calls our splits, where a data set has no names of its own for them."""


@dataclass(frozen=True)
class Amounts:
    """How many rows.

    Args:
        train: Of a training split.
        dev: Of a dev split, in each language.
        test: Of a test split, in each language.
        text: Documents of monolingual and of parallel text, in each language.
    """

    train: int = 4000
    dev: int = 400
    test: int = 400
    text: int = 8000

    def of(self, split: Split) -> int:
        """Rows of a split."""
        return {"train": self.train, "dev": self.dev, "test": self.test}[split]


AMOUNTS: Mapping[MiniatureSize, Amounts] = MappingProxyType({"full": Amounts(), "small": Amounts(400, 40, 40, 800)})

DOMAINS: Mapping[str, Domain] = MappingProxyType(
    {
        "mnli": Domain("farm", 0.5),
        "snli": Domain("farm", 0.2),
        "anli": Domain("harbour", 0.3),
        "xnli": Domain("court", 0.3),
        "qqp": Domain("harbour", 0.3),
        "paws_x": Domain("court", 0.3),
        "squad_v1": Domain("harbour", 0.3),
        "squad_v2": Domain("harbour", 0.5),
        "xquad": Domain("court", 0.3),
        "mlqa": Domain("court", 0.5),
        "tydiqa_goldp": Domain("farm", 0.3),
        "commonsense_qa": ANYWHERE,
        "panx": Domain("court", 0.3),
        "udpos": Domain("court", 0.3),
        "ccg": Domain("farm", 0.3),
    }
)
"""The corner of the world that each data set speaks of; those that are not here speak of all of it."""


@dataclass(frozen=True)
class Studio:
    """Where data sets are made.

    Args:
        domains: See `DOMAINS`; others make data sets more or less alike.
    """

    world: MiniatureWorld
    mirror: Mirror
    amounts: Amounts
    domains: Mapping[str, Domain]

    @property
    def voices(self) -> Sequence[Voice]:
        """A voice in every language, that of the source language first."""
        return voices(self.world)

    @property
    def source(self) -> Voice:
        """The voice in the source language."""
        return voices(self.world, (SOURCE,))[0]

    @property
    def others(self) -> Sequence[Voice]:
        """Voices in all languages but the source."""
        return [voice for voice in self.voices if voice.language.code != SOURCE]

    def scene(self, task: str, split: Split, part: str = "") -> Scene:
        """The scene of a task's split, or of a part of it."""
        domain = self.domains.get(task, ANYWHERE)
        return Scene(self.world, self.world.rng(task, split, part), split, domain)

    def draw(
        self,
        task: str,
        split: Split,
        make: Callable[[Scene, int], T],
        *,
        count: int | None = None,
        part: str = "",
        said: Callable[[T], object] | None = None,
    ) -> list[T]:
        """Different things for a task's split, in random order.

        Args:
            make: Makes one; its second argument counts up, so that labels can take turns.
            count: How many; None: as many as the split has rows.
            part: A part of the task, where it has several.
            said: What must differ, where different meanings may be said in the same words; None: the meanings.

        Raises:
            UsageError: There are not so many.
        """
        scene = self.scene(task, split, part)
        wanted = self.amounts.of(split) if count is None else count
        drawn: dict[object, T] = {}
        for _ in range(PATIENCE * wanted):
            item = make(scene, len(drawn))
            drawn.setdefault(said(item) if said else item, item)
            if len(drawn) == wanted:
                break
        else:
            raise UsageError(
                f"The world of seed {self.world.seed} has fewer than {wanted} different rows for {task} {split}.",
                hint="Take another seed, or the small size.",
            )
        items = list(drawn.values())
        scene.rng.shuffle(items)
        return items
