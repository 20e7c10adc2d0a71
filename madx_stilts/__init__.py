"""Intermediate-task training (STILTs) with stacked adapters on a frozen multilingual backbone."""

from importlib import import_module
from typing import Any

__version__ = "0.1.0"
_PUBLIC = {
    "Adapter": "api.adapter",
    "AdapterConfig": "config",
    "AdapterRef": "stack",
    "Card": "card",
    "EvalOptions": "api.options",
    "Evaluation": "score.evaluation",
    "Gains": "api.grid",
    "Grid": "grid.grid",
    "GridExperiment": "api.grid",
    "MadxStiltsError": "errors",
    "Method": "recipe",
    "PublishOptions": "api.options",
    "Publication": "api.publication",
    "PullOptions": "api.options",
    "Plan": "grid.plan",
    "Recipe": "recipe",
    "Role": "stack",
    "RunOptions": "api.options",
    "RunOutcome": "run.grid",
    "Sampling": "recipe",
    "Stack": "stack",
    "Task": "tasks.task",
    "TrainOptions": "api.options",
    "TrainSettings": "recipe",
    "TrainerCallback": "train.callbacks",
    "UsageError": "errors",
    "Workspace": "api.workspace",
    "Zoo": "zoo.store",
}
"""Where each public name is defined; it is imported when it is used (PEP 562), so that `--help` needs none of them."""
__all__ = ["__version__", *_PUBLIC]


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"module 'madx_stilts' has no attribute {name!r}")
    value = getattr(import_module(f"madx_stilts.{_PUBLIC[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
