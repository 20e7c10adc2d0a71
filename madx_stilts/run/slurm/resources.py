"""What each Slurm job asks for: what the user says, else what jobs like these took before. No torch."""

import math
from dataclasses import dataclass, field

from madx_stilts.bounds import Gigabytes, Minutes, Workers
from madx_stilts.errors import UsageError

_USUAL_MINUTES = 24 * 60
"""Where no rate was measured. A job that runs into its limit is requeued and goes on."""


@dataclass(frozen=True)
class SlurmResources:
    """Of one Slurm job. What is None is left to the cluster, or taken from the estimate.

    Args:
        gpus: It has a worker process for each; one on the CPU if there are none.
        memory_gb: Of the machine, not of a GPU.
        sbatch: Any other options of sbatch, as KEY=VALUE, or KEY for one without a value.
    """

    partition: str | None = field(default=None, metadata={"help": "Partition of the cluster.", "metavar": "NAME"})
    account: str | None = field(default=None, metadata={"help": "Account that pays.", "metavar": "NAME"})
    qos: str | None = field(default=None, metadata={"help": "Quality of service.", "metavar": "NAME"})
    time_limit: Minutes | None = field(
        default=None,
        metadata={
            "help": "Of each Slurm job. One that runs into it comes back and goes on.",
            "metavar": "MINUTES",
            "shown": "twice the estimate, or a day where there is none",
        },
    )
    memory_gb: Gigabytes | None = field(
        default=None,
        metadata={
            "help": "Of the machine, for each Slurm job.",
            "metavar": "GB",
            "shown": "from the estimate, else as the cluster has it",
            "flag": "--memory",
        },
    )
    gpus: Workers | None = field(
        default=None, metadata={"help": "GPUs of each Slurm job; one worker for each.", "metavar": "N"}
    )
    cpus: Workers | None = field(default=None, metadata={"help": "Cores of each Slurm job.", "metavar": "N"})
    sbatch: tuple[str, ...] = field(
        default=(),
        metadata={
            "help": "Another option of sbatch, as in --sbatch constraint=a100. Give it as often as needed.",
            "metavar": "KEY=VALUE",
        },
    )

    @property
    def processes(self) -> int:
        """Worker processes in one Slurm job."""
        return max(1, self.gpus or 0)

    def asked(self, wall_seconds: float | None, peak_bytes: int | None) -> dict[str, object]:
        """The same as submitit names them.

        Args:
            wall_seconds: That the work is estimated to take in one such job.
            peak_bytes: Of the processor's memory that one worker is estimated to need.
        """
        minutes, memory = self.time_limit, self.memory_gb
        if minutes is None:
            minutes = _USUAL_MINUTES if wall_seconds is None else 10 + math.ceil(2 * wall_seconds / 60)
        if memory is None and peak_bytes is not None:
            memory = math.ceil(self.processes * (1.5 * peak_bytes / 1e9 + 1))
        wanted = {
            "time": minutes,
            "mem": None if memory is None else f"{math.ceil(memory * 1000)}MB",
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "gpus_per_node": self.gpus or None,
            "cpus_per_task": self.cpus,
            # Since Slurm 22.05, srun does not take this from the job it runs in.
            "srun_args": [f"--cpus-per-task={self.cpus}"] if self.cpus else None,
        }
        return {key: value for key, value in wanted.items() if value is not None}

    def further(self) -> dict[str, object]:
        """The other options of sbatch.

        Raises:
            UsageError: One begins with a dash or has no name.
        """
        options: dict[str, object] = {}
        for text in self.sbatch:
            key, has_value, value = text.partition("=")
            if not key or key.startswith("-"):
                raise UsageError(f"{text!r} is no option of sbatch.", hint="Give it as --sbatch constraint=a100.")
            options[key] = value if has_value else True
        return options
