"""A short training and a short scoring for every task whose data are at hand, as a Markdown table.

    python benchmarks/try_all.py --data DIR --data DIR --backbone FOLDER --steps 20 --limit 200 > table.md

It shows that the data of each task go through reading, encoding, training and scoring, and what that takes. The scores
are those of a few steps: they say nothing about the tasks. Tasks that borrow their training data are scored with the
adapter that is trained on those. Nothing is downloaded.
"""

import argparse
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.card import Card
from madx_stilts.config import AdapterConfig
from madx_stilts.data.read import find_all
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import DataError, MadxStiltsError, UsageError
from madx_stilts.nets.backbone import load_backbone
from madx_stilts.recipe import TrainSettings
from madx_stilts.score.context import EvalContext
from madx_stilts.score.evaluate import evaluate
from madx_stilts.stack import AdapterRef, Role, Stack
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split, Task
from madx_stilts.train.requests import TrainRequest, train_intermediate, train_target
from madx_stilts.train.run import TrainContext
from madx_stilts.zoo.store import Zoo

HEADS = ("task", "trained on", "steps", "s", "scored on", "split", "n", "metric", "score", "s")


class Trial:
    """Everything that trials share."""

    def __init__(self, chosen: argparse.Namespace, scratch: Path) -> None:
        place = DataSources(tuple(chosen.data), offline=True)
        backbone = load_backbone("benchmark", chosen.backbone, offline=True)
        self.context = TrainContext(backbone, Zoo([scratch / "zoo"]), place)
        self.scoring = EvalContext(backbone, self.context.zoo, place)
        self.limit = chosen.limit
        self.steps = chosen.steps

    def language(self, task: Task, split: Split) -> str | None:
        """The first language in which a split is at hand, the source language before others."""
        if split not in task.splits:
            return None
        known = sorted(task.languages_of(split), key=lambda one: one != task.source_language)
        return next((one for one in known if self.has(task, split, one)), None)

    def has(self, task: Task, split: Split, language: str) -> bool:
        """Whether a split is at hand."""
        try:
            find_all(task, language, split, place=self.context.place)
        except (DataError, UsageError):
            return False
        return True

    def train(self, task: Task) -> Card | None:
        """Train on a task, or on those it borrows from; none where they are not at hand, or nothing is trained."""
        stages = [TASKS[name] for name in task.training_tasks]
        languages = [self.language(stage, "train") for stage in stages]
        if not all(languages) or task.search is not None:
            return None
        # Without dev data in that language, the last weights are kept.
        settings = TrainSettings(max_steps=self.steps, batch_size=16, max_tokens=128, keep="last", dev_limit=self.limit)
        request = TrainRequest(AdapterConfig(train=settings), language=languages[0], limit=self.limit)
        if Role.TARGET in task.roles:
            return train_target(self.context, task.name, request)
        return train_intermediate(self.context, task.name, request)

    def row(self, task: Task) -> list[str]:
        """One row of the table."""
        began = time.monotonic()
        card = self.train(task)
        seconds = time.monotonic() - began
        trained = ["-", "", ""]
        if card is not None:
            parts = ", ".join(f"{part.task}@{part.language}" for part in card.recipe.parts)
            trained = [parts, str(card.steps), f"{seconds:.1f}"]
        return [task.name, *trained, *self.score(task, card)]

    def score(self, task: Task, card: Card | None) -> list[str]:
        """The cells of a scoring: of the first split with gold answers, test before dev."""
        stack = Stack(target=AdapterRef(Role.TARGET, card.name, card.id)) if card else Stack()
        if card is None and task.search is None:
            return ["-"] + [""] * 5
        splits: tuple[Split, ...] = ("test", "dev")
        for split in splits:
            language = self.language(task, split)
            if language is None:
                continue
            began = time.monotonic()
            limit = None if task.search else self.limit
            try:
                found = evaluate(self.scoring, task, stack, [language], split=split, limit=limit).scores[language]
            except MadxStiltsError as error:
                print(f"{task.name} {split} {language}: {error}", file=sys.stderr)
                continue
            value = found[task.primary_metric]
            seconds = f"{time.monotonic() - began:.1f}"
            return [language, split, f"{found['n']:.0f}", task.primary_metric, f"{value:.1f}", seconds]
        return ["-"] + [""] * 5


def print_row(cells: Iterable[str]) -> None:
    """One line of a Markdown table."""
    print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Try and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", action="append", type=Path, required=True, metavar="DIR", help="A local mirror.")
    parser.add_argument("--backbone", type=Path, required=True, help="Folder of an encoder.")
    parser.add_argument("--task", action="append", choices=[*TASKS], metavar="NAME", help="Only these tasks.")
    parser.add_argument("--limit", type=int, default=200, help="Examples of each split; retrieval takes all.")
    parser.add_argument("--steps", type=int, default=20)
    chosen = parser.parse_args()
    print_row(HEADS)
    print_row("---" for _ in HEADS)
    with TemporaryDirectory() as scratch:
        trial = Trial(chosen, Path(scratch))
        for name in chosen.task or TASKS:
            try:
                row = trial.row(TASKS[name])
            except MadxStiltsError as error:
                print(f"{name}: {error}", file=sys.stderr)
                row = [name, "error", *[""] * 8]
            if row[1] != "-" or row[4] != "-":
                print_row(row)


if __name__ == "__main__":
    main()
