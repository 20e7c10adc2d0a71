"""Puts rows where a task looks for them, in the hub's layout or as original files, and reads them back."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from madx_stilts.data.read import Examples, read
from madx_stilts.data.sources import DataSources
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.task import Split

Row = Mapping[str, object]


class Reader:
    """Writes what a task is to read, and has it read."""

    def __init__(self, mirror: Any) -> None:
        self.mirror = mirror
        self.place = DataSources((mirror.root,), offline=True, cache=mirror.root)

    def __call__(
        self,
        task: str,
        rows: Sequence[Row],
        *,
        split: Split = "train",
        language: str = "en",
        path: str = "",
        **how: Any,
    ) -> Examples[Any]:
        """Rows in the hub's layout: in the preferred data set, or the one named."""
        places = (one for one in TASKS[task].places(split, language) if not one.files)
        source = next(one for one in places if path in ("", one.path))
        for part in source.split.split("+"):
            self.mirror.add(source.path, rows, config=source.config_for(language), split=part, **how)
        return self.again(task, split=split, language=language)

    def files(
        self, task: str, texts: Mapping[str, str], *, split: Split = "train", language: str = "en"
    ) -> Examples[Any]:
        """Original files, by their names in the mirror."""
        for name, text in texts.items():
            file = self.mirror.root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return self.again(task, split=split, language=language)

    def again(self, task: str, *, split: Split = "train", language: str = "en") -> Examples[Any]:
        """What is there by now."""
        return read(TASKS[task], language, split, place=self.place)


@pytest.fixture
def reading(mirror: Any) -> Reader:
    """A reader of an empty mirror."""
    return Reader(mirror)
