"""The main job in small: an intermediate, a target on it and one without it, scored in three languages."""

from collections.abc import Callable, Sequence
from pathlib import Path

from madx_stilts.config import AdapterConfig
from madx_stilts.data.place import DataPlace
from madx_stilts.demo.backbone import write_tiny_backbone
from madx_stilts.demo.sentences import LANGUAGES, all_text, write_data
from madx_stilts.nets.backbone import load_backbone
from madx_stilts.recipe import Method, TrainSettings
from madx_stilts.score.bench import Bench
from madx_stilts.score.evaluate import evaluate
from madx_stilts.score.evaluation import Evaluation
from madx_stilts.stack import Stack
from madx_stilts.tasks import TASKS
from madx_stilts.train.job import Workshop
from madx_stilts.train.listen import Listener
from madx_stilts.train.roles import Wish, train_intermediate, train_target
from madx_stilts.zoo.store import Zoo

SETTINGS = AdapterConfig(
    method=Method(reduction_factor=2), train=TrainSettings(epochs=12, batch_size=16, learning_rate=3e-3, max_tokens=64)
)


def run(out: Path, *, say: Callable[[str], None], listeners: Sequence[Callable[[], Listener]]) -> dict[str, Evaluation]:
    """Run the demonstration in a folder; what is there from an earlier run is used again.

    Args:
        say: Called with a line for each thing that happens.

    Returns:
        The evaluation of the target alone and of the target on the intermediate.
    """
    say("Writing 720 toy sentence pairs in en, de and es, and a tiny backbone with random weights.")
    write_data(out / "data")
    if not (out / "backbone").exists():
        write_tiny_backbone(out / "backbone", all_text())
    backbone = load_backbone("tiny-random", out / "backbone", offline=True)
    zoo = Zoo([out / "zoo"])
    place = DataPlace((out / "data",), offline=True)
    shop = Workshop(backbone=backbone, zoo=zoo, place=place, cache=out / "encoded", listeners=listeners)
    wish = Wish(config=SETTINGS)
    say("Training the intermediate adapter on snli.")
    intermediate = zoo.refs_of(train_intermediate(shop, "snli", wish).id)[0]
    say("Training the target adapter for xnli (on mnli), alone.")
    alone = train_target(shop, "xnli", wish)
    say("Training the target adapter for xnli on top of the frozen intermediate.")
    stacked = train_target(shop, "xnli", wish, on=[intermediate])
    stacks = {
        "none": Stack(target=zoo.find(f"target/xnli@{alone.id}")),
        "snli": Stack(intermediates=(intermediate,), target=zoo.find(f"target/xnli+snli@{stacked.id}")),
    }
    bench = Bench(backbone=backbone, zoo=zoo, place=place, cache=out / "encoded")
    say(f"Scoring xnli in {', '.join(LANGUAGES)}: trained on English only.")
    return {name: evaluate(bench, TASKS["xnli"], stack, LANGUAGES, split="test") for name, stack in stacks.items()}
