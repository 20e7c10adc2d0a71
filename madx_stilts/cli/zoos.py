"""The zoo that the options name, with the shipped one below it. No torch."""

from collections.abc import Iterable

from madx_stilts.cli.settings import Settings
from madx_stilts.errors import AdapterError, UsageError
from madx_stilts.resources import shipped_zoo
from madx_stilts.stack import AdapterRef, Role, Stack, Wanted
from madx_stilts.zoo.choose import Entry
from madx_stilts.zoo.store import Zoo


def open_zoo(settings: Settings) -> Zoo:
    """The user's zoo over the shipped one."""
    shipped = shipped_zoo()
    return Zoo([settings.zoo, *([shipped] if shipped else [])])


def references(texts: str | None) -> list[str]:
    """References separated by commas, apart; none if there is no text."""
    return [text.strip() for text in (texts or "").split(",") if text.strip()]


def stack_references(texts: str) -> list[str]:
    """References of a stack, apart.

    Raises:
        UsageError: There are none.
    """
    found = references(texts)
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
        name = Wanted.parse(text)
        try:
            zoo.find(name)
        except AdapterError:
            # Several adapters of that name may differ in their backbones only.
            if name.version or not any(_is(ref, name) for ref in zoo.references()):
                raise


def require_name(name: str | None) -> None:
    """Refuse a name for an adapter that no reference could hold, before it is trained.

    Raises:
        UsageError: It holds a space, a slash or the like, or begins with a dot.
    """
    if name is None:
        return
    try:
        named = Wanted.parse(f"{Role.TARGET}/{name}").name
    except UsageError:
        named = ""
    if named != name or name.startswith("."):
        raise UsageError(
            f"{name!r} is no name for an adapter.",
            hint="A name has letters, digits and . + - _, and does not begin with a dot.",
        )


def find_all(zoo: Zoo, texts: str | None, *, backbone: str) -> tuple[AdapterRef, ...]:
    """The adapters of references separated by commas.

    Args:
        backbone: Fingerprint of the backbone they must fit.
    """
    return tuple(zoo.find(text, backbone=backbone) for text in references(texts))


def find_stack(zoo: Zoo, texts: str, *, backbone: str) -> Stack:
    """A stack from references separated by commas, bottom to top."""
    return Stack.of(find_all(zoo, texts, backbone=backbone))


def find_intermediates(zoo: Zoo, texts: str | None, *, backbone: str) -> tuple[AdapterRef, ...]:
    """Intermediate adapters by references separated by commas, bottom to top.

    Raises:
        UsageError: One is no intermediate adapter.
    """
    return Stack(intermediates=find_all(zoo, texts, backbone=backbone)).intermediates


def find_language(zoo: Zoo, text: str | None, *, backbone: str) -> AdapterRef | None:
    """A language adapter by reference, or none.

    Raises:
        UsageError: It is no language adapter.
    """
    if text is None:
        return None
    ref = zoo.find(text, backbone=backbone)
    if ref.role is not Role.LANGUAGE:
        raise UsageError(f"{ref} is no language adapter.", hint="Name one, as in language/en.")
    return ref


def sound_entries(zoo: Zoo) -> tuple[list[Entry], list[AdapterError]]:
    """All references whose cards can be read, and what is wrong with the others."""
    entries, faults = [], []
    for ref in zoo.references():
        try:
            entries.append(Entry(ref, zoo.card(ref.id)))
        except AdapterError as error:
            faults.append(error)
    return entries, faults


def entry_facts(entry: Entry) -> dict[str, object]:
    """What `zoo list --json` says of an adapter."""
    ref, card = entry.ref, entry.card
    return {
        "ref": str(ref),
        "role": str(ref.role),
        "id": ref.id,
        "backbone": card.backbone.name,
        "scores": card.scores,
    }


def entry_row(entry: Entry) -> list[str]:
    """Reference, backbone, seed, limit, steps and dev scores, for a table."""
    card = entry.card
    limit = card.recipe.parts[0].limit
    scores = ", ".join(f"{name} {value:.2f}" for name, value in card.scores.items())
    return [
        str(entry.ref),
        card.backbone.name,
        str(card.recipe.seed),
        str(limit or "all"),
        str(card.steps),
        scores or "-",
    ]


def _is(ref: AdapterRef, wanted: Wanted) -> bool:
    return (ref.role, ref.name) == (wanted.role, wanted.name)
