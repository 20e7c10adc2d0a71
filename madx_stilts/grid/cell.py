"""A cell of a grid: one way to a target, with one seed, scored in many languages."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Cell:
    """One way to a target.

    Args:
        backbone: As the grid names it.
        intermediate: What the column is called: `none`, `mnli`, `mnli.de`, `mix.mnli.squad_v1`, ...
        transfer: How the target uses it: `stack`, `continue` or `fuse`.
        language_adapter: `none`, `source` or `swap`.
        target: Name of the task that is scored.
        seed: Of the training.
    """

    backbone: str
    intermediate: str
    transfer: str
    language_adapter: str
    target: str
    seed: int

    def __str__(self) -> str:
        return (
            f"{self.target} <- {self.intermediate} ({self.transfer}, language adapter {self.language_adapter}, "
            f"{self.backbone}, seed {self.seed})"
        )
