"""Resolution of references: the adapter that is meant, or an error that lists what there is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from madx_stilts.card import BackboneNote, Card
from madx_stilts.errors import AdapterError
from madx_stilts.stack import AdapterRef, WrittenRef
from madx_stilts.zoo.difference import flat


@dataclass(frozen=True)
class ZooEntry:
    """One reference of a zoo and the card of the adapter it names."""

    ref: AdapterRef
    card: Card


def fits(wanted: WrittenRef, entry: ZooEntry, *, backbone: str | None) -> bool:
    """Whether an entry of that role and name is of that version, and for that backbone if one is given."""
    return entry.ref.id.startswith(wanted.version) and backbone in (None, entry.card.backbone.fingerprint)


def choose(wanted: WrittenRef, named: Sequence[ZooEntry], *, backbone: str | None) -> AdapterRef:
    """The one adapter that is meant.

    Args:
        named: All entries of that role and name; at least one.
        backbone: Fingerprint of the backbone it must fit; None: any.

    Raises:
        AdapterError: No entry is of that version and backbone, or several are.
    """
    of_version = [entry for entry in named if entry.ref.id.startswith(wanted.version)]
    if not of_version:
        raise without_version(wanted, [entry.ref.id for entry in named])
    fitting = [entry for entry in of_version if backbone in (None, entry.card.backbone.fingerprint)]
    if not fitting:
        made_for = ", ".join(f"{card.name} ({card.fingerprint[:8]})" for card in _backbones(of_version))
        raise AdapterError(
            f"{wanted} was made for {made_for} only, not for the backbone with fingerprint {(backbone or '')[:8]}.",
            hint="Use that backbone, or train the adapter on yours.",
        )
    if len(fitting) > 1:
        raise _ambiguous(wanted, fitting)
    return fitting[0].ref


def without_version(wanted: WrittenRef, ids: Iterable[str]) -> AdapterError:
    """The error for a name that has no adapter of the version that is wanted.

    Args:
        ids: Of those that it has.
    """
    versions = ", ".join(f"@{id[:8]}" for id in sorted(ids))
    return AdapterError(f"{wanted.role}/{wanted.name} has no version @{wanted.version}.", hint=f"It has {versions}.")


def missing(wanted: WrittenRef, known: Iterable[AdapterRef]) -> AdapterError:
    """The error for a name that no reference has; it suggests near names."""
    names = sorted({f"{ref.role}/{ref.name}" for ref in known})
    same_name = [name for name in names if name.endswith(f"/{wanted.name}")]
    near = same_name or get_close_matches(f"{wanted.role}/{wanted.name}", names, n=3, cutoff=0.6)
    hint = f"Did you mean {' or '.join(near)}?" if near else "`madx-stilts zoo list` shows what there is."
    return AdapterError(f"The zoo has no adapter {wanted}.", hint=hint)


def _ambiguous(wanted: WrittenRef, entries: Sequence[ZooEntry]) -> AdapterError:
    determinants = [_determinants(entry.card) for entry in entries]
    keys = sorted({key for values in determinants for key in values})
    differing = [key for key in keys if len({values.get(key) for values in determinants}) > 1]
    lines = []
    for entry, values in zip(entries, determinants, strict=True):
        differences = ", ".join(f"{key}={values[key]}" for key in differing if key in values)
        lines.append(f"  - {entry.ref}  {differences}")
    return AdapterError(
        f"{wanted} means {len(entries)} adapters:\n" + "\n".join(lines),
        hint=f"Add @version, for example {entries[0].ref}.",
    )


def _determinants(card: Card) -> dict[str, str]:
    """All that determines an adapter, flat, by dotted key, ids replaced by the readable names of the parents."""
    names = {parent.id: parent.reference for parent in card.parents}
    tree = {**card.recipe.model_dump(mode="json"), "backbone": card.backbone.fingerprint[:8], "data": card.data}
    tree["below"] = " ▸ ".join(names[id] for id in card.recipe.below) or "nothing"
    if card.recipe.fusion is not None:
        tree["fusion"]["members"] = " ∥ ".join(names[id] for id in card.recipe.fused)
    if card.recipe.start is not None:
        tree["start"]["adapter"] = names[card.recipe.start.adapter]
    return dict(flat(tree))


def _backbones(entries: Iterable[ZooEntry]) -> list[BackboneNote]:
    return list({entry.card.backbone.fingerprint: entry.card.backbone for entry in entries}.values())
