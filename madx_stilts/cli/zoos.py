"""The zoo that the options name, with the shipped one below it. No torch."""

from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from madx_stilts.cli.output import echo
from madx_stilts.cli.settings import Settings
from madx_stilts.cli.telling import note
from madx_stilts.errors import AdapterError, NotAvailable, StorageError, UsageError
from madx_stilts.resources import shipped_zoo
from madx_stilts.stack import Stack, split_stack
from madx_stilts.zoo.choose import ZooEntry
from madx_stilts.zoo.imported import origin_of
from madx_stilts.zoo.leftovers import Unfinished
from madx_stilts.zoo.lookup import known_ref, stack_of
from madx_stilts.zoo.store import Zoo


def open_zoo(settings: Settings) -> Zoo:
    """The user's zoo over its peers and the shipped one."""
    return Zoo(zoo_layers(settings))


def open_zoo_to_write(settings: Settings) -> Zoo:
    """That zoo, without what earlier commands left there that did not end well."""
    zoo = open_zoo(settings)
    with suppress(StorageError):  # where nothing can be written, nothing is lost; what is written next will say so
        zoo.sweep()
    return zoo


def zoo_layers(settings: Settings) -> tuple[Path, ...]:
    """The folders of that zoo, the user's first."""
    shipped = shipped_zoo()
    return (settings.zoo, *settings.peers, *([shipped] if shipped else []))


def stack_references(texts: str) -> list[str]:
    """References of a stack, apart.

    Raises:
        UsageError: There are none.
    """
    found = [text for place in split_stack(texts) for text in place]
    if not found:
        raise UsageError("The stack is empty: nothing answers.", hint="Name at least one adapter with --stack.")
    return found


def require_known(zoo: Zoo, wanted: Iterable[str]) -> None:
    """Refuse references that no backbone would make right, so that none is loaded for them.

    Raises:
        UsageError: A text is no reference.
        AdapterError: There is no adapter of that name.
    """
    for text in wanted:
        known_ref(zoo, text)


def find_stack(zoo: Zoo, texts: str, *, backbone: str) -> Stack:
    """A stack from references separated by commas, bottom to top, or joined with // where they are fused.

    Args:
        backbone: Fingerprint of the backbone that all must fit.

    Raises:
        UsageError: It is out of order, or two places hold a fusion.
    """
    return stack_of(texts, partial(zoo.find, backbone=backbone))


def note_imported_among(zoo: Zoo, ids: Iterable[str]) -> None:
    """Say which of some adapters came from others: their scores are of weights that were not trained here."""
    for id in ids:
        origin = origin_of(zoo, id) if zoo.has(id) else None
        if origin is not None:
            note(f"{zoo.card(id).name} was imported from {origin}, not trained here.")


def sound_entries(zoo: Zoo) -> tuple[list[ZooEntry], list[NotAvailable]]:
    """All references whose cards can be read, and what is wrong with the others."""
    entries: list[ZooEntry] = []
    faults: dict[str, NotAvailable] = {}
    for ref in zoo.references():
        try:
            entries.append(ZooEntry(ref, zoo.card(ref.id)))
        except (AdapterError, StorageError) as error:
            if zoo.still_names(ref):  # else another process has just removed it
                faults.setdefault(ref.id, error)
    return entries, list(faults.values())


def entry_facts(entry: ZooEntry, shipped: Collection[str]) -> dict[str, object]:
    """What `zoo list --json` says of an adapter.

    Args:
        shipped: See `shipped_ids`.
    """
    ref, card = entry.ref, entry.card
    return {
        "ref": str(ref),
        "role": str(ref.role),
        "id": ref.id,
        "backbone": card.backbone.name,
        "scores": card.scores,
        "shipped": entry.ref.id in shipped,
        "constructed": card.is_constructed,
    }


def shipped_ids(zoo: Zoo, entries: Iterable[ZooEntry]) -> set[str]:
    """The ids of those adapters that come with the package."""
    folder = shipped_zoo()
    return {entry.ref.id for entry in entries if zoo.root_of(entry.ref.id) == folder}


def print_entries(
    settings: Settings, entries: Sequence[ZooEntry], faults: Sequence[NotAvailable], *, shipped: Collection[str]
) -> None:
    """Print the user's adapters, and below them those that come with the package.

    Args:
        shipped: See `shipped_ids`.
    """
    from madx_stilts.cli.tables import show

    columns = ["reference", "backbone", "seed", "limit", "steps", "dev scores"]
    supplied = [entry for entry in entries if entry.ref.id in shipped]
    own = [entry for entry in entries if entry.ref.id not in shipped]
    if own:
        show(f"Zoo {settings.zoo}", columns, map(_row, own), whole=2)
    elif not faults:
        echo(f"The zoo in {settings.zoo} is empty. Train an adapter: madx-stilts train intermediate TASK")
    if supplied:
        echo()
        show("These come with the package", columns, map(_row, supplied), whole=2)
    if any(entry.card.is_constructed for entry in entries):
        echo(f"\n{MARK} of a constructed world: no score can be compared with a real one")


def print_unfinished(waiting: Iterable[Unfinished], *, err: bool) -> None:
    """Print the trainings that were stopped and can be resumed."""
    for one in waiting:
        text = f"{one.folder} ({one.bytes / 1e6:,.1f} MB); the same command goes on with it."
        echo(f"Unfinished training: {text}", err=err)


MARK = "*"
"""Beside what was trained on a constructed world."""


def _row(entry: ZooEntry) -> list[str]:
    """Reference, backbone, seed, limit, steps and dev scores, for a table."""
    card = entry.card
    limit = card.recipe.parts[0].limit
    scores = ", ".join(f"{name} {value:.2f}" for name, value in card.scores.items())
    return [
        f"{entry.ref}{MARK if card.is_constructed else ''}",
        card.backbone.name,
        str(card.recipe.seed),
        str(limit or "all"),
        str(card.steps),
        scores or "-",
    ]
