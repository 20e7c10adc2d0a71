"""What a training reads: what must be known of it is on the card."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from madx_stilts.config import AdapterConfig
from madx_stilts.data.sources import DataSources
from madx_stilts.recipe import Part, TrainSettings
from madx_stilts.train.examples import load_examples
from madx_stilts.train.requests import TrainRequest, train_intermediate


def test_a_card_says_that_data_are_not_what_was_published(
    tiny_backbone: Path, make_context: Callable[..., Any], settings: Callable[..., AdapterConfig]
) -> None:
    context = make_context(tiny_backbone)
    config = settings(max_steps=1, evaluate_every=None, keep="last", dev_limit=4)
    card = train_intermediate(context, "snli", TrainRequest(config=config, limit=8))
    told = [note for note in card.notes if "another version or a part" in note]
    assert len(told) == 2
    assert told[0].startswith("snli train is another version or a part of what was published; rows: en ")
    assert told[0].endswith(" (published 549,367).")
    assert told[1].endswith(" (published 9,842).")


def test_a_whole_copy_and_a_constructed_world_are_no_matter_for_a_note(tmp_path: Path, miniature: Path) -> None:
    folder = tmp_path / "Rowan"
    for split, count in (("train", 39_905), ("validation", 10_042)):
        file = folder / "hellaswag" / "data" / f"{split}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        row = {"ind": 1, "ctx_a": "He sits", "ctx_b": "and", "endings": ["a", "b", "c", "d"], "label": "0"}
        file.write_text((json.dumps(row) + "\n") * count)
    part = Part(task="hellaswag", language="en", limit=5)
    whole = load_examples(part, TrainSettings(dev_limit=5), DataSources((tmp_path,), offline=True))
    assert (whole.train.whole, whole.notes) == (39_905, ())
    place = DataSources((miniature,), offline=True)
    task = place.tasks["snli"]
    invented = load_examples(Part(task="snli", language=task.source_language), TrainSettings(), place)
    assert invented.train.whole is None
    assert [note for note in invented.notes if "another version" in note] == []
