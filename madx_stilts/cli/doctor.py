"""`madx-stilts doctor`: what is installed, which devices there are, where things are kept."""

import json
import os
import platform
import shutil

import click

from madx_stilts.cli.command import Command
from madx_stilts.cli.options import json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings

_PACKAGES = (
    "madx-stilts",
    "torch",
    "transformers",
    "adapters",
    "huggingface_hub",
    "datasets",
    "accelerate",
    "tensorboard",
    "wandb",
)


@click.command(cls=Command)
@json_option
@click.pass_obj
def doctor(settings: Settings, as_json: bool) -> None:
    """What is installed, which devices there are.

    For a first look, and for reports of bugs.
    """
    import torch
    from huggingface_hub import constants

    from madx_stilts.cli import page

    cuda = [torch.cuda.get_device_name(at) for at in range(torch.cuda.device_count())]
    facts: dict[str, object] = {
        "python": platform.python_version(),
        **{package: _version(package) for package in _PACKAGES},
        "cpu threads": torch.get_num_threads(),
        "gpus": ", ".join(cuda) or "none",
        "bf16": "yes" if not cuda or torch.cuda.is_bf16_supported() else "no",
        "zoo": f"{settings.zoo} ({_state(settings.zoo)})",
        "data mirror": ", ".join(map(str, settings.data)) or "none",
        "encodings": f"{settings.encodings} ({_state(settings.encodings)})",
        "hub cache": constants.HF_HUB_CACHE,
        "offline": "yes" if settings.offline or constants.HF_HUB_OFFLINE else "no",
        "hub token": "set" if os.environ.get("HF_TOKEN") or os.path.exists(constants.HF_TOKEN_PATH) else "none",
    }
    if as_json:
        echo(json.dumps(facts))
        return
    page.show("madx-stilts", {"": [(key, str(value)) for key, value in facts.items()]})


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _state(folder: "os.PathLike[str]") -> str:
    place = os.path.abspath(folder)
    while not os.path.exists(place):
        place = os.path.dirname(place)
    free = shutil.disk_usage(place).free / 1e9
    return f"{'writable' if os.access(place, os.W_OK) else 'NOT writable'}, {free:.0f} GB free"
