"""Adapters on their way into the zoo: fetched, checked, reported. No torch, until one is tried on a backbone."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.api.checks import require_backbone, require_device
from madx_stilts.cli.giving_options import TakeOptions
from madx_stilts.cli.options import CommonOptions
from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import note, say
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.hub.address import Address
from madx_stilts.hub.connection import connect
from madx_stilts.hub.pull import COLLECTION, fetch, foreign_files
from madx_stilts.stack import AdapterRef, Role, require_name
from madx_stilts.zoo.exchange import read_member, take_in
from madx_stilts.zoo.folder import listing, places_of, refuse_unsafe
from madx_stilts.zoo.store import Zoo


def require_possible(given: TakeOptions) -> None:
    """Refuse what no adapter could be, before any is fetched.

    Raises:
        UsageError: There is no such role, backbone or device, or no adapter can have that name.
    """
    if given.role is not None:
        Role.parse(given.role)
    if given.name is not None:
        require_name(given.name)
    if given.backbone is not None:
        require_backbone(given.backbone, given.device)
    require_device(given.device)


def from_hub(
    settings: Settings, zoo: Zoo, address: Address, given: TakeOptions, *, within: str = ""
) -> list[AdapterRef]:
    """Fetch what a repository holds or lists.

    Args:
        within: The list that names the repository; empty: the user did.

    Raises:
        AdapterError: It cannot be fetched, or is not what it should be; nothing of it stays.
    """
    api = connect(offline=settings.offline)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        say(settings, f"Fetching {address}.")
        got = fetch(api, address, folder)
        if got.others and within:  # a list that names itself would never end
            raise AdapterError(f"{within} lists {address}, which is a list too.", hint="Fetch that one by itself.")
        if got.others:
            from madx_stilts.hub.collection import read_collection

            listed = read_collection(folder / COLLECTION, source=str(address))
            return [ref for one in listed for ref in from_hub(settings, zoo, one, given, within=str(address))]
        if got.members:
            return take_in(zoo, folder, got.members, source=got.source, replace=given.replace)
        return [_foreign(settings, zoo, folder, got.foreign, given, got.source)]


def from_folder(settings: Settings, zoo: Zoo, folder: Path, given: TakeOptions) -> list[AdapterRef]:
    """Take what a folder holds.

    Raises:
        AdapterError: It is not what it should be; nothing of it stays.
    """
    names = listing(folder)
    refuse_unsafe(names, source=str(folder))
    members = [read_member(folder, place, source=str(folder)) for place in places_of(names)]
    if members:
        return take_in(zoo, folder, members, source=str(folder), replace=given.replace)
    files = foreign_files(names, source=str(folder))
    return [_foreign(settings, zoo, folder, files, given, f"the folder {folder.resolve().name}")]


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


def _foreign(
    settings: Settings, zoo: Zoo, folder: Path, files: Sequence[str], given: TakeOptions, source: str
) -> AdapterRef:
    if given.backbone is None:
        raise UsageError(
            f"{source} has no card of madx-stilts, so it must be tried on its backbone.",
            hint="Name the backbone that it was made for with --backbone.",
        )
    from madx_stilts.api.backbones import open_backbone
    from madx_stilts.cli.workspace import workspace
    from madx_stilts.hub.foreign import Told, take_foreign

    named = CommonOptions(backbone=given.backbone, device=given.device)
    backbone = open_backbone(workspace(settings, named).places)
    told = {key: value for key, value in asdict(given).items() if key in ("role", "name", "task", "language")}
    return take_foreign(zoo, folder, files, backbone, Told(**told, base=given.base_model), source)
