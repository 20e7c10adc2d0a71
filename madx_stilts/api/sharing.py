"""Adapters of a workspace given to others, and taken from them. Importing this module loads torch."""

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from madx_stilts.api.config import Places
from madx_stilts.api.options import PublishOptions, PullOptions
from madx_stilts.api.publication import Publication, Selection, SharedFile
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.files import sha256_of
from madx_stilts.hub.address import Address
from madx_stilts.hub.card_data import AdapterCardData
from madx_stilts.hub.card_writer import README, CardWriter, write_adapter, write_stack
from madx_stilts.hub.collection import member_address, read_collection, write_collection
from madx_stilts.hub.connection import connect
from madx_stilts.hub.publish import UploadOptions, publish
from madx_stilts.hub.pull import COLLECTION, fetch, foreign_files
from madx_stilts.hub.results import read_results
from madx_stilts.stack import AdapterRef
from madx_stilts.zoo.exchange import read_member, take_in
from madx_stilts.zoo.folder import listing, places_of, refuse_unsafe
from madx_stilts.zoo.published import note_published


def publish_to_hub(
    places: Places,
    selection: Selection,
    address: Address,
    options: PublishOptions,
    show: Callable[[Publication], None] | None = None,
) -> list[Publication]:
    """Write what was selected into folders, one after another, and send each.

    Args:
        show: Takes each when it is sent.

    Raises:
        AdapterError: The hub cannot be reached or refuses, or another adapter is there.
        UsageError: It is to be private, and the repository is public.
    """
    results, zoo = read_results(options.scores), places.zoo.snapshot()
    done: list[Publication] = []
    stories: dict[Address, AdapterCardData] = {}

    def send(title: str, to: Address, refs: Sequence[AdapterRef], write: Callable[[CardWriter, Path], object]) -> None:
        with TemporaryDirectory() as temporary:
            write(CardWriter(zoo, options.base_model, to.repository, results), Path(temporary))
            done.append(_sent(places, Path(temporary), title, to, refs, options))
        if show is not None:
            show(done[-1])

    def writer(ref: AdapterRef, to: Address) -> Callable[[CardWriter, Path], object]:
        def write(press: CardWriter, folder: Path) -> None:
            stories[to] = write_adapter(press, ref, folder)

        return write

    if selection.stack is not None:
        whole = selection.stack
        send(str(whole), address, selection.refs, lambda press, folder: write_stack(press, whole, folder))
        return done
    for ref in selection.refs:
        to = member_address(address, ref) if selection.listed else address
        send(str(ref), to, [ref], writer(ref, to))
    if selection.listed:
        title = f"the list of {len(stories)} adapters"
        send(title, address, [], lambda press, folder: write_collection(folder, address.repository, stories))
    return done


def pull_from_hub(places: Places, address: Address, options: PullOptions, *, within: str = "") -> list[AdapterRef]:
    """Fetch what a repository holds or lists into the zoo.

    Args:
        within: The list that names the repository; empty: the user did.

    Raises:
        AdapterError: It cannot be fetched, or is not what it should be; nothing of it stays.
    """
    api = connect(offline=places.data.offline)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        places.say(f"Fetching {address}.")
        got = fetch(api, address, folder)
        if got.others and within:  # a list that names itself would never end
            raise AdapterError(f"{within} lists {address}, which is a list too.", hint="Fetch that one by itself.")
        if got.others:
            listed = read_collection(folder / COLLECTION, source=str(address))
            return [ref for one in listed for ref in pull_from_hub(places, one, options, within=str(address))]
        if got.members:
            return take_in(places.zoo, folder, got.members, source=got.source, replace=options.replace)
        return [_try_foreign(places, folder, got.foreign, options, got.source)]


def import_folder(places: Places, folder: Path, options: PullOptions) -> list[AdapterRef]:
    """Take what a folder holds into the zoo.

    Raises:
        AdapterError: It is not what it should be; nothing of it stays.
    """
    names = listing(folder)
    refuse_unsafe(names, source=str(folder))
    members = [read_member(folder, place, source=str(folder)) for place in places_of(names)]
    if members:
        return take_in(places.zoo, folder, members, source=str(folder), replace=options.replace)
    files = foreign_files(names, source=str(folder))
    return [_try_foreign(places, folder, files, options, f"the folder {folder.resolve().name}")]


def _sent(
    places: Places, folder: Path, title: str, to: Address, refs: Sequence[AdapterRef], options: PublishOptions
) -> Publication:
    files = tuple(
        SharedFile(name, (folder / name).stat().st_size, sha256_of(folder / name)) for name in listing(folder)
    )
    ready = Publication(title, to, tuple(refs), files, (folder / README).read_text(encoding="utf-8"))
    if options.dry_run:
        return ready
    places.say(f"Sending {title} to {to}.")
    api, request = connect(offline=places.data.offline), UploadOptions(options.private, options.create_pr)
    done = publish(api, folder, to, request, message=f"{title}, with madx-stilts")
    for ref in refs:
        note_published(places.zoo_folders[0], ref.id, str(to))
    return Publication(title, to, ready.refs, files, ready.page, done.sent, done.kept, done.url)


def _try_foreign(places: Places, folder: Path, files: Sequence[str], options: PullOptions, source: str) -> AdapterRef:
    if not places.backbone:
        raise UsageError(
            f"{source} has no card of madx-stilts, so it must be tried on its backbone.",
            hint="Name the backbone that it was made for with --backbone.",
        )
    from madx_stilts.api.backbones import backbone_for
    from madx_stilts.hub.foreign import ImportHints, take_foreign

    hints = ImportHints(options.role, options.name, options.task, options.language, base=options.base_model)
    with backbone_for(places, "fp32") as backbone:
        return take_foreign(places.zoo, folder, files, backbone, hints, source)
