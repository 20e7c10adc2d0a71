"""A workspace: a frozen backbone, a zoo of adapters and data, and what is done with them. Torch only when it works."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from os import PathLike
from pathlib import Path

from pydantic import ValidationError

from madx_stilts.api import scoring, training
from madx_stilts.api.adapter import Adapter
from madx_stilts.api.checked import Requested
from madx_stilts.api.checks import require_pullable
from madx_stilts.api.config import Places
from madx_stilts.api.grid import GridExperiment
from madx_stilts.api.options import EvalOptions, PublishOptions, PullOptions, TrainOptions
from madx_stilts.api.publication import Publication, Selection
from madx_stilts.api.references import Reference, References, standing_stack
from madx_stilts.config import load
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import UsageError
from madx_stilts.findings import listed
from madx_stilts.grid.grid import Grid
from madx_stilts.hub.address import Address
from madx_stilts.paths import cache_home, data_home
from madx_stilts.recipe import Sampling
from madx_stilts.resources import shipped_zoo
from madx_stilts.run.backbones import origin_of
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.tasks.task import Split, Task
from madx_stilts.zoo.composition import Transfer
from madx_stilts.zoo.store import Zoo

AnyPath = str | PathLike[str]
_LOG = logging.getLogger("madx_stilts")


class Workspace:
    """A frozen backbone, a zoo of adapters and data.

    Args:
        backbone: A short name (`madx-stilts backbone list`), a folder, or `owner/name` on the hub.
        zoo: Folder of adapters; or several, of which the first takes what is made and the others are read only. None:
            the user's. The adapters that come with the package are always there, too.
        data: Local mirror of data sets, or several, looked into in this order; without one only the hub and its cache.
        cache: Folder for what can be made again; None: the user's.
        offline: Open no connection.
        device: As torch names devices; `auto` takes a GPU if there is one.

    Raises:
        UsageError: There is no such backbone.
    """

    def __init__(
        self,
        backbone: AnyPath = "xlmr-base",
        *,
        zoo: AnyPath | Sequence[AnyPath] | None = None,
        data: AnyPath | Sequence[AnyPath] = (),
        cache: AnyPath | None = None,
        offline: bool = False,
        device: str = "auto",
    ) -> None:
        origin_of(str(backbone))
        shipped = shipped_zoo()
        self.places = Places(
            backbone=str(backbone),
            zoo_folders=(*(_paths(zoo) or (data_home() / "zoo",)), *([shipped] if shipped else [])),
            data=DataSources(_paths(data), offline=offline),
            cache=cache_home() if cache is None else Path(cache),
            device=device,
            say=_LOG.info,
            note=_LOG.warning,
        )

    @classmethod
    def at(cls, places: Places) -> "Workspace":
        """The workspace of places that are known already."""
        workspace = cls.__new__(cls)
        workspace.places = places
        return workspace

    def __repr__(self) -> str:
        return f"<Workspace {self.places.backbone}, zoo {self.places.zoo_folders[0]}>"

    @property
    def zoo(self) -> Zoo:
        """The adapters."""
        return self.places.zoo

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks by name: all of them, or those of the constructed world that `data` is."""
        return self.places.data.tasks

    def adapters(self) -> list[Adapter]:
        """All adapters of the zoo, under each of their names."""
        return [Adapter(ref, self.zoo.card(ref.id)) for ref in self.zoo.references()]

    def train_language(
        self,
        language: str,
        text: AnyPath,
        *,
        tokens: int | None = None,
        limit: int | None = None,
        options: TrainOptions | None = None,
    ) -> Adapter:
        """Train a language adapter with masked language modelling on plain text (MAD-X, arXiv 2005.00052).

        Args:
            language: Its code, such as `sw`.
            text: A `.txt` file with one text per line, a `.tsv` file with a text and its translation per line, or
                `owner/name` of a data set.
            tokens: Read the first texts that have so many tokens together; None: all.
            limit: Train on so many texts at most.
            options: How it is trained; None: as usual.

        Raises:
            MadxStiltsError: See its subclasses; nothing half-made is left in the zoo.
        """
        with _as_usage():
            asked = Requested(limit, options or TrainOptions())
            return training.train_language(self.places, language, str(text), tokens, asked)

    def train_intermediate(
        self,
        task: str | Task,
        *,
        language_adapter: Reference | None = None,
        limit: int | None = None,
        options: TrainOptions | None = None,
    ) -> Adapter:
        """Train an intermediate-task adapter.

        Args:
            task: Its name, or the task itself; `task@language` is its training data in that language.
            language_adapter: Stands frozen below it.
            limit: Train on so many examples at most.
            options: How it is trained; None: as usual.

        Raises:
            MadxStiltsError: See its subclasses; nothing half-made is left in the zoo.
        """
        with _as_usage():
            asked = Requested(limit, options or TrainOptions())
            return training.train_intermediate(self.places, task, language_adapter, asked)

    def train_mixture(
        self,
        tasks: Iterable[str | Task],
        *,
        texts: Mapping[str, AnyPath] | None = None,
        sampling: Sampling | None = None,
        language_adapter: Reference | None = None,
        limit: int | None = None,
        options: TrainOptions | None = None,
    ) -> Adapter:
        """Train one intermediate adapter on several tasks at once, with a head for each.

        Args:
            tasks: At least two, or one beside texts; `task@language` is its training data in that language.
            texts: For masked language modelling beside the tasks, by language: a `.txt` file with one text per line,
                or `owner/name` of a data set.
            sampling: How often each part is drawn; None: in proportion to their sizes.
            language_adapter: Stands frozen below it.
            limit: Train on so many examples of each at most.
            options: How it is trained; None: as usual.

        Raises:
            MadxStiltsError: See its subclasses; nothing half-made is left in the zoo.
        """
        with _as_usage():
            asked = Requested(limit, options or TrainOptions())
            sources = {language: str(text) for language, text in (texts or {}).items()}
            return training.train_mixture(self.places, [*tasks], sources, sampling, language_adapter, asked)

    def train_target(
        self,
        task: str | Task,
        *,
        on: Reference | Sequence[Reference] = (),
        transfer: Transfer = "stack",
        language_adapter: Reference | None = None,
        limit: int | None = None,
        options: TrainOptions | None = None,
    ) -> Adapter:
        """Train a target-task adapter.

        Args:
            task: Its name, or the task itself.
            on: Intermediate adapters, bottom to top.
            transfer: `stack` puts a fresh adapter on the frozen intermediates; `continue` starts from the weights of
                the only one (STILTs, arXiv 1811.01088); `fuse` lets them stand side by side under a fusion layer
                (AdapterFusion, arXiv 2005.00247).
            language_adapter: Stands frozen at the bottom.
            limit: Train on so many examples at most.
            options: How it is trained; None: as usual.

        Raises:
            MadxStiltsError: See its subclasses; nothing half-made is left in the zoo.
        """
        with _as_usage():
            asked = Requested(limit, options or TrainOptions())
            return training.train_target(self.places, task, on, transfer, language_adapter, asked)

    def evaluate(
        self,
        task: str | Task,
        stack: References,
        *,
        languages: str | Sequence[str] | None = None,
        split: Split = "test",
        limit: int | None = None,
        options: EvalOptions | None = None,
    ) -> Evaluation:
        """Score a stack on a task in many languages.

        Args:
            task: Its name, or the task itself.
            stack: Adapters bottom to top; of a retrieval task also none, for the bare backbone.
            languages: Codes, or `all` that the split has; None: all of a target task, the source language of others.
            split: `train`, `dev` or `test`.
            limit: Score so many examples per language at most: a fixed sample.
            options: How it is scored; None: as usual.

        Raises:
            MadxStiltsError: See its subclasses.
        """
        with _as_usage():
            return scoring.evaluate(self.places, task, stack, languages, split, limit, options or EvalOptions())

    def publish(self, adapters: References, to: str, *, options: PublishOptions | None = None) -> list[Publication]:
        """Publish an adapter or a whole stack on the hub, with its lineage. Plain `adapters` loads what is published.

        Args:
            adapters: One, or the stack.
            to: `hub:owner/name`.
            options: How it is published; None: as usual.

        Raises:
            UsageError: The address is none, or something else is asked for that cannot be.
            AdapterError: There is no such adapter, or the hub refuses.
        """
        how = options or PublishOptions()
        address = Address.parse(f"{to}@{how.revision}" if how.revision else to)
        stack = standing_stack(self.zoo, adapters)

        from madx_stilts.api.sharing import publish_to_hub

        selection = Selection(stack.refs, stack if len(stack.refs) > 1 else None)
        return publish_to_hub(self.places, selection, address, how)

    def pull(self, source: str, *, options: PullOptions | None = None) -> list[Adapter]:
        """Fetch adapters from the hub into the zoo; one without a card is tried on the backbone first.

        Args:
            source: `hub:owner/name` or `hub:owner/name@revision`.
            options: How they are taken in; None: as usual.

        Raises:
            UsageError: The address is none.
            AdapterError: It cannot be fetched, or is not what it should be; nothing of it stays.
        """
        how, address = options or PullOptions(), Address.parse(source)
        require_pullable(self.places, how)

        from madx_stilts.api.sharing import pull_from_hub

        return [Adapter(ref, self.zoo.card(ref.id)) for ref in pull_from_hub(self.places, address, how)]

    def grid(self, config: Grid | AnyPath, *, changes: Sequence[str] = ()) -> GridExperiment:
        """A grid of intermediates and targets, to be planned, run and reported.

        Args:
            config: A value, a built-in name (`phang2020`, ...) or a YAML file.
            changes: Over a name or a file, by dotted key, as in `["seeds=[0]"]`.

        Raises:
            ConfigError: The file, or what is changed in it, has faults.
            UnknownName: There is no built-in grid of that name.
        """
        if not isinstance(config, Grid):
            config = load(_named(config), Grid, kind="grids", overrides=changes)
        return GridExperiment(config, self.places)


@contextmanager
def _as_usage() -> Iterator[None]:
    """Report values that cannot be as the command line does.

    Raises:
        UsageError: A number is out of its bounds, or of another kind.
    """
    try:
        yield
    except ValidationError as error:
        raise UsageError(f"{listed(error)}.") from error


def _named(config: AnyPath) -> str | Path:
    return config if isinstance(config, str) else Path(config)


def _paths(given: AnyPath | Sequence[AnyPath] | None) -> tuple[Path, ...]:
    if given is None:
        return ()
    return (Path(given),) if isinstance(given, str | PathLike) else tuple(map(Path, given))
