"""`madx-stilts backbone`: the frozen models."""

import json
from pathlib import Path

import click

from madx_stilts.cli.command import Group, Option
from madx_stilts.cli.options import LOADING, json_option
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings


@click.group(cls=Group)
def backbone() -> None:
    """List backbones, look into one, train small ones."""


@backbone.command("list")
@json_option
def list_backbones(as_json: bool) -> None:
    """Backbones that have a short name.

    Any other encoder of a known architecture can be named by its folder, or by owner/name on the hub.
    """
    from madx_stilts.cli.tables import show
    from madx_stilts.config import BackboneConfig, load
    from madx_stilts.resources import builtin_configs

    known = {name: load(name, BackboneConfig, kind="backbones") for name in builtin_configs("backbones")}
    if as_json:
        echo(json.dumps([{"name": name, **config.model_dump()} for name, config in known.items()]))
        return
    rows = [[name, config.model, config.description] for name, config in known.items()]
    show("Backbones with a short name", ["name", "on the hub", "what it is"], rows, whole=2)
    echo("\nAny other XLM-R or BERT works too: --backbone FOLDER, or --backbone owner/name for one on the hub.")


@backbone.command()
@click.argument("name")
@LOADING
@json_option
@click.pass_obj
def show(settings: Settings, name: str, as_json: bool) -> None:
    """Architecture, size and fingerprint of a backbone.

    NAME is a short name, a folder, or owner/name on the hub.
    """
    from dataclasses import replace

    from madx_stilts.api.checks import require_backbone
    from madx_stilts.cli import page
    from madx_stilts.cli.workspace import workspace

    options = replace(LOADING.chosen(), backbone=name)
    require_backbone(options.backbone, options.device)

    from madx_stilts.api.backbones import open_backbone

    loaded = open_backbone(workspace(settings, options).places)
    facts: dict[str, object] = {
        **loaded.note().model_dump(),
        "parameters": sum(parameter.numel() for parameter in loaded.base.parameters()),
        "vocabulary": len(loaded.tokenizer),
        "longest_sequence": loaded.extent.tokens,
        "masked_lm_head": _head(loaded.pretrained_head, loaded.masked_lm.fault),
        "embeddings_at": loaded.anatomy.embeddings,
        "layers_at": loaded.anatomy.layers,
    }
    if as_json:
        echo(json.dumps(facts))
        return
    page.show(loaded.name, {"": [(key.replace("_", " "), _text(value)) for key, value in facts.items()]})


@backbone.command()
@click.argument("config")
@click.option(
    "--out",
    cls=Option,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    show_default="the config's name, in this folder",
    help="Folder to write; it must not exist.",
)
@click.option(
    "--set",
    "overrides",
    cls=Option,
    multiple=True,
    metavar="KEY=VALUE",
    help="Change one key of the config, as in --set train.steps=300. Give it as often as needed.",
)
@json_option
@click.pass_obj
def pretrain(settings: Settings, config: str, out: Path | None, overrides: tuple[str, ...], as_json: bool) -> None:
    """Train a small backbone on text of the miniature.

    It begins with random weights. CONFIG is a built-in name, as encoder-small, or a YAML file. The backbone knows
    invented languages only: its scores are never real. A training that was stopped goes on when the same command is
    given again.
    """
    from madx_stilts.cli.telling import say
    from madx_stilts.config import load
    from madx_stilts.pretrain.plan import PretrainConfig, require_new

    plan = load(config, PretrainConfig, kind="pretrain", overrides=overrides)
    folder = out or Path(Path(config).stem)
    require_new(folder)

    from madx_stilts.cli.pretraining import result
    from madx_stilts.cli.progress import listeners
    from madx_stilts.pretrain.pretrain import pretrain as train

    made = train(plan, folder, say=lambda line: say(settings, line), listeners=listeners(settings))
    result(made, as_json=as_json)


def _head(name: str | None, fault: str) -> str:
    if fault:
        return f"cannot be used: {fault}"
    return "comes with it" if name else "none: train language trains one"


def _text(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
