"""The result of `zoo pull` and `zoo import`. No torch."""

import json
from collections.abc import Sequence

from madx_stilts.api.config import Places
from madx_stilts.api.options import PullOptions
from madx_stilts.cli.giving_options import PullArguments
from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import note
from madx_stilts.cli.workspace import workspace
from madx_stilts.cli.zoos import open_zoo_to_write
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.store import Zoo


def pull_options(settings: Settings, given: PullArguments) -> tuple[Places, PullOptions]:
    """Where adapters are taken to, and how; there is no backbone if none is named."""
    open_zoo_to_write(settings)
    how = PullOptions(given.role, given.name, given.task, given.language, given.base_model, given.replace)
    return workspace(settings, CommonOptions(backbone=given.backbone or "", device=given.device)).places, how


def print_taken(zoo: Zoo, refs: Sequence[AdapterRef], *, as_json: bool) -> None:
    """Tell what is in the zoo now."""
    if as_json:
        echo(json.dumps([{"ref": str(ref), "id": ref.id, "role": str(ref.role)} for ref in refs]))
        return
    for ref in refs:
        card = zoo.card(ref.id)
        echo(f"{ref}  for {card.backbone.name} ({card.backbone.fingerprint[:8]})")
    for ref in refs:
        if zoo.card(ref.id).foreign is not None:
            for line in zoo.card(ref.id).notes:
                note(line)
