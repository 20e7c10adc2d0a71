"""What is no longer the data set that a task means."""

from typing import Any

import pytest

from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS

ON_HUB = {
    name: (split, source)
    for name, task in TASKS.items()
    for split, sources in list(task.sources.items())[:1]
    for source in sources[:1]
    if source.on_hub
}


@pytest.mark.parametrize("name", ON_HUB)
def test_a_folder_without_an_owner_is_never_looked_at(mirror: Any, name: str) -> None:
    """Bare ids (`xnli`, `squad`) no longer exist on the hub, and a copy from those days may be another version."""
    split, source = ON_HUB[name]
    language = (source.languages or TASKS[name].languages)[0]
    mirror.add(source.path.split("/")[1], [{"text": "t"}], config=source.config_for(language), split=source.split)
    with pytest.raises(DataError, match=f"no folder {source.path}"):
        read(TASKS[name], language, split, place=DataSources((mirror.root,), offline=True, cache=mirror.root))
