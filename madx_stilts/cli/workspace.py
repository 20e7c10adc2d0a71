"""From options to the workspace in which a command works, and to how it works. No torch."""

from functools import partial

from madx_stilts.api.config import Places
from madx_stilts.api.options import TrainOptions
from madx_stilts.api.workspace import Workspace
from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.places import data_place
from madx_stilts.cli.progress import listeners
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import note, say
from madx_stilts.cli.zoos import zoo_layers
from madx_stilts.config import AdapterConfig, adapter_config
from madx_stilts.train.callbacks import NullCallback


def workspace(settings: Settings, options: CommonOptions | None = None) -> Workspace:
    """The workspace of a command.

    Args:
        options: Name backbone and device; None: as usual.
    """
    options = options or CommonOptions()
    return Workspace.at(
        Places(
            backbone=options.backbone,
            zoo_folders=zoo_layers(settings),
            data=data_place(settings),
            cache=settings.cache,
            device=options.device,
            say=partial(say, settings),
            note=note,
        )
    )


def train_options(
    settings: Settings, options: CommonOptions, *, trained: list[str], language: str | None = None
) -> TrainOptions:
    """Options of a training.

    Args:
        trained: Each training adds its name when it begins; none does if the zoo has all.
        language: Of the training data.

    Raises:
        ConfigError: The config has faults.
    """
    return TrainOptions(
        config=chosen_config(options),
        language=language,
        name=options.name,
        seed=options.seed,
        checkpoint_every=options.checkpoint_every,
        recompute=options.recompute == "layers",
        trunk_cache=options.trunk_cache,
        replace_imported=options.replace_imported,
        tracker=options.tracker,
        callbacks=[partial(_Begun, trained), *listeners(settings)],
    )


def chosen_config(options: CommonOptions) -> AdapterConfig:
    """Method and settings, from the config file and the options over it.

    Raises:
        ConfigError: They have faults.
    """
    changes: dict[str, object] = {
        "train.epochs": options.epochs,
        "train.max_steps": options.max_steps,
        "train.batch_size": options.batch_size,
        "train.accumulate": options.accumulate,
        "train.learning_rate": options.learning_rate,
        "train.max_tokens": options.max_tokens,
        "train.precision": options.precision,
    }
    return adapter_config(options.config, overrides=options.overrides, options=changes)


class _Begun(NullCallback):
    """Notes which trainings begin."""

    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    def on_train_begin(self, name: str, done: int, steps: int) -> None:
        self.seen.append(name)
