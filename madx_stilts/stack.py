"""What stands on the frozen backbone, bottom to top: language ▸ intermediates ▸ target (MAD-X, arXiv 2005.00052).

Written, places are separated by commas, and adapters that stand side by side under a fusion layer (AdapterFusion,
arXiv 2005.00247) are joined with two slashes: `language/en,intermediate/mnli//intermediate/ccg,target/xnli`.
"""

import re
from dataclasses import dataclass, field, replace
from enum import IntEnum

from madx_stilts.errors import UsageError, brief
from madx_stilts.files import PARTIAL

MAX_NAME = 200
"""Bytes of a name in UTF-8. A name becomes a folder, and file systems take 255."""
BESIDE = "//"
"""Joins the adapters of a fusion where a stack is written."""


class Role(IntEnum):
    """What an adapter is for. The order is the order in a stack, bottom to top."""

    LANGUAGE = 0
    INTERMEDIATE = 1
    TARGET = 2

    def __str__(self) -> str:
        return self.name.lower()

    @classmethod
    def parse(cls, text: str) -> "Role":
        """The role of that name.

        Raises:
            UsageError: No such role.
        """
        for role in cls:
            if str(role) == text:
                return role
        raise UsageError(f"There is no role {text!r}.", hint=f"Roles: {', '.join(map(str, cls))}.")


@dataclass(frozen=True)
class AdapterRef:
    """A readable name for one adapter of a zoo; identity is `id`, the hash of what determines the adapter.

    Args:
        role: What it is used for; one adapter may be known under two roles.
        name: Readable, unique only together with `id`.
        id: 64 hexadecimal digits.
    """

    role: Role
    name: str = field(compare=False)
    id: str

    def __str__(self) -> str:
        return f"{self.role}/{self.name}@{self.id[:8]}"


@dataclass(frozen=True)
class WrittenRef:
    """A reference as a person writes it: `role/name` or `role/name@version` (version: the first digits of the id)."""

    role: Role
    name: str
    version: str = ""

    _PATTERN = re.compile(r"(?P<role>[a-z]+)/(?P<name>[\w.+-]+)(?:@(?P<version>[0-9a-f]{4,64}))?")

    @classmethod
    def parse(cls, text: str) -> "WrittenRef":
        """Read a reference.

        Raises:
            UsageError: It is not of the form `role/name[@version]`.
        """
        match = cls._PATTERN.fullmatch(text)
        if match is None or len(match["name"].encode(errors="replace")) > MAX_NAME:
            raise UsageError(
                f"{brief(text, MAX_NAME)!r} is no reference to an adapter.",
                hint="Write role/name or role/name@version, as `madx-stilts zoo list` shows them.",
            )
        return cls(Role.parse(match["role"]), match["name"], match["version"] or "")

    def __str__(self) -> str:
        return f"{self.role}/{self.name}" + (f"@{self.version}" if self.version else "")


def name_fault(name: str) -> str:
    """Why an adapter cannot be called so, as a clause; empty if it can.

    What passes can be written in a reference, and be a folder of the zoo.
    """
    if not _NAME.fullmatch(name):
        return "a name has letters, digits and . + - _, and does not begin with a dot"
    if name.endswith(PARTIAL):
        return f"what ends in {PARTIAL} counts as half-written"
    size = len(name.encode())
    return f"it has {size:,} bytes, a name has {MAX_NAME} at most" if size > MAX_NAME else ""


_NAME = re.compile(r"[\w+-][\w.+-]*")


def require_name(name: str) -> None:
    """Refuse a name that no adapter can have, before work is done for it.

    Raises:
        UsageError: See `name_fault`.
    """
    if fault := name_fault(name):
        raise UsageError(
            f"{brief(name, MAX_NAME)!r} is no name for an adapter: {fault}.", hint="Choose another name with --name."
        )


def split_stack(text: str) -> list[list[str]]:
    """The places of a stack as a person writes it, bottom to top; of each, what stands there side by side."""
    places = ([part.strip() for part in place.split(BESIDE) if part.strip()] for place in text.split(","))
    return [place for place in places if place]


@dataclass(frozen=True)
class Stack:
    """At most one language adapter, then intermediates, then at most one target. Equal when contents are.

    Args:
        fused: Intermediates that stand side by side, above the others, under the fusion layer of the target. Their
            order counts, as that of a recipe does.

    Raises:
        UsageError: An adapter stands in a place that is not its role's, or stands twice, or a fusion has no target or
            fewer than two members.
    """

    language: AdapterRef | None = None
    intermediates: tuple[AdapterRef, ...] = ()
    target: AdapterRef | None = None
    fused: tuple[AdapterRef, ...] = ()

    def __post_init__(self) -> None:
        for ref, role in self._places():
            if ref.role is not role:
                raise UsageError(
                    f"{ref} stands where a stack has its {role} adapter.",
                    hint="A stack is language, intermediates, target.",
                )
        if self.fused and (len(self.fused) < 2 or self.target is None):
            raise UsageError(
                f"{BESIDE.join(map(str, self.fused))} is no fusion: it takes two adapters or more, and the target that "
                "has the fusion layer.",
                hint=f"Write intermediate/A{BESIDE}intermediate/B,target/T.",
            )
        ids = [ref.id for ref in self.refs]
        for ref in self.refs:
            if ids.count(ref.id) > 1:
                raise UsageError(f"{ref} stands twice in the stack {self}.", hint="Name each adapter once.")

    @classmethod
    def of(cls, refs: tuple[AdapterRef, ...], *, fused: tuple[AdapterRef, ...] = ()) -> "Stack":
        """A stack of references given bottom to top.

        Args:
            fused: Those of them that stand side by side.

        Raises:
            UsageError: They are not in the order language, intermediates, target, or what is fused does not stand
                right below the target.
        """
        if list(refs) != sorted(refs, key=lambda ref: ref.role):
            given = ", ".join(map(str, refs))
            raise UsageError(
                f"The stack {given} is out of order.", hint="Bottom to top: language, intermediates, target."
            )
        by_role = {role: tuple(ref for ref in refs if ref.role is role) for role in Role}
        for role in (Role.LANGUAGE, Role.TARGET):
            if len(by_role[role]) > 1:
                raise UsageError(f"A stack has at most one {role} adapter, not {', '.join(map(str, by_role[role]))}.")
        lower = by_role[Role.INTERMEDIATE][: len(by_role[Role.INTERMEDIATE]) - len(fused)]
        if (*lower, *fused) != by_role[Role.INTERMEDIATE]:
            raise UsageError(
                f"{BESIDE.join(map(str, fused))} does not stand right below a target.",
                hint="Only intermediates are fused, and nothing stands between them and the target.",
            )
        language, target = next(iter(by_role[Role.LANGUAGE]), None), next(iter(by_role[Role.TARGET]), None)
        return cls(language, lower, target, fused)

    @property
    def refs(self) -> tuple[AdapterRef, ...]:
        """All adapters, bottom to top; those that stand side by side in their order."""
        return tuple(ref for ref, _ in self._places())

    @property
    def top(self) -> AdapterRef | None:
        """The uppermost adapter, whose head answers."""
        return self.refs[-1] if self.refs else None

    def with_language(self, language: AdapterRef | None) -> "Stack":
        """The same stack on another language adapter: the cross-lingual swap."""
        return replace(self, language=language)

    def with_target(self, target: AdapterRef) -> "Stack":
        """The same stack with `target` on top."""
        return replace(self, target=target)

    @property
    def written(self) -> str:
        """As a person writes it for a command; `split_stack` takes it apart."""
        return ",".join(BESIDE.join(map(str, place)) for place in self._levels())

    def __str__(self) -> str:
        places = [" ∥ ".join(map(str, place)) for place in self._levels()]
        fusion = len(self._levels()) - 2 if self.fused else None
        return " ▸ ".join(f"({one})" if at == fusion else one for at, one in enumerate(places)) or "the bare backbone"

    def _levels(self) -> list[tuple[AdapterRef, ...]]:
        """Bottom to top; of each level, what stands there side by side."""
        single = (self.language, *self.intermediates, self.target)
        levels = [(ref,) for ref in single if ref is not None]
        return [*levels[:-1], self.fused, levels[-1]] if self.fused else [*levels]

    def _places(self) -> tuple[tuple[AdapterRef, Role], ...]:
        places = [(self.language, Role.LANGUAGE), *((ref, Role.INTERMEDIATE) for ref in self.intermediates)]
        places += [(ref, Role.INTERMEDIATE) for ref in self.fused]
        places.append((self.target, Role.TARGET))
        return tuple((ref, role) for ref, role in places if ref is not None)
