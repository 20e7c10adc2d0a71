"""The adapters that come with the package: trained on the miniature by one command, with a page for each."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree

from madx_stilts.errors import JobFailed
from madx_stilts.files import told_as_storage, write_whole
from madx_stilts.grid.plan import Plan
from madx_stilts.hub.card_writer import CardWriter, story_of
from madx_stilts.hub.readme import adapter_readme
from madx_stilts.hub.results import PublishedScores
from madx_stilts.run.config import RunConfig
from madx_stilts.run.grid import RunOutcome
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.store import Zoo

PARTS: tuple[tuple[str, ...], ...] = (
    ("targets=[tatoeba]",),
    (
        "intermediates=[none]",
        "targets=[xnli,paws_x,udpos,panx,xquad,tydiqa_goldp,xcopa]",
        "language_adapters=[none,swap]",
        "train.target.limit=null",
        "train.target.train.max_steps=800",
        "train.target.train.keep=best",
        "train.target.train.evaluate_every=100",
        "train.target.train.dev_limit=200",
        "train.target.by_task={paws_x: {train: {batch_size: 32, max_steps: 3200}}, "
        "squad_v1: {train: {batch_size: 32, max_steps: 1600}}}",
        "evaluate.limit=null",
    ),
)
"""What of the miniature grid is otherwise, as `--set` gives it: its nine intermediates as they are there; and language
adapters, and targets that learn from all examples, alone and on a language adapter."""
_LEFT = ("records", "locks", "work")
"""Folders of a zoo that readers need not have."""
README = """\
# The shipped zoo

> **All of it belongs to a constructed world.** Languages and texts are invented, to try the method out in minutes. No
> score here can be compared with a real one, and no adapter is of use on real text.

Adapters for the encoder in `backbones/miniature`. `objects/` and `refs/` are the zoo that every command finds below the
user's own; the pages say what each adapter is, how it was trained and what it scores.

Made by `madx-stilts miniature adapters adapters_zoo`, with the data that `madx-stilts miniature build` writes. The
encoder was made by `madx-stilts backbone pretrain encoder-base`.

| adapter | dev scores | trained on |
|---|---|---|
"""


@dataclass(frozen=True)
class ZooBuilder:
    """Builds the zoo that comes with the package.

    Args:
        plan: Plans the miniature grid with changes, as `--set` gives them.
        run: Runs a plan at a place.
        say: Called with a line for each thing that happens.
    """

    plan: Callable[[tuple[str, ...]], Plan]
    run: Callable[[Plan, RunConfig], RunOutcome]
    say: Callable[[str], None]

    def make(self, site: RunConfig) -> list[AdapterRef]:
        """Train what is not there yet, and write the pages.

        Args:
            site: Its zoo has one layer, the folder to fill.

        Raises:
            JobFailed: A job failed; the others are done.
            StorageError: The folder cannot be written.
        """
        results = list[PublishedScores]()
        for changes in PARTS:
            plan = self.plan(changes)
            outcome = self.run(plan, site)
            if not outcome.ended_well:
                raise JobFailed(f"{len(outcome.failed)} jobs failed.", hint="Run it again: what failed is tried again.")
            told = (record.evaluation for record in outcome.done.values() if record.evaluation is not None)
            results += map(PublishedScores.model_validate, told)
        (folder,) = site.zoo
        refs = _write_pages(folder, site.adapters, results)
        for name in _LEFT:
            with told_as_storage(folder / name):
                rmtree(folder / name, ignore_errors=True)
        return refs


def _write_pages(folder: Path, zoo: Zoo, results: list[PublishedScores]) -> list[AdapterRef]:
    press = CardWriter(zoo, results=results)
    refs = zoo.references()
    for ref in refs:
        write_whole(folder / str(ref.role) / f"{ref.name}.md", adapter_readme(story_of(press, ref)))
    write_whole(folder / "README.md", README + "\n".join(_rows(zoo, refs)) + "\n")
    return refs


def _rows(zoo: Zoo, refs: list[AdapterRef]) -> Iterator[str]:
    for ref in refs:
        card = zoo.card(ref.id)
        scores = ", ".join(f"{name} {value:.1f}" for name, value in card.scores.items())
        data = ", ".join(f"{part.task} ({part.language}, {part.limit or 'all'})" for part in card.recipe.parts)
        yield f"| [{ref.role}/{ref.name}]({ref.role}/{ref.name}.md) | {scores} | {data} |"
