"""Options of a training that were checked. No torch."""

from collections.abc import Sequence
from dataclasses import dataclass

from madx_stilts.api.checks import require_room, require_tracker
from madx_stilts.api.config import Places
from madx_stilts.api.options import TrainOptions
from madx_stilts.config import AdapterConfig
from madx_stilts.stack import require_name
from madx_stilts.tasks.task import Task


@dataclass(frozen=True)
class Requested:
    """Options of a training, checked against the workspace.

    Args:
        limit: Train on so many examples at most; None: all.
        options: How it is trained.
    """

    limit: int | None
    options: TrainOptions

    def config_for(self, places: Places, tasks: Sequence[Task]) -> AdapterConfig:
        """Method and settings, when all that is asked for is right as far as it can be seen at once.

        Args:
            tasks: What is trained on, `MASKED_LM` for text.

        Raises:
            MadxStiltsError: The config has faults, a name cannot be, there is no such backbone, device or tracker, or
                a backbone whose config is on this machine has no room for the training.
        """
        config = self.options.adapter_config()
        if self.options.name is not None:
            require_name(self.options.name)
        require_tracker(self.options.tracker)
        require_room(places, config, tasks)
        return config
