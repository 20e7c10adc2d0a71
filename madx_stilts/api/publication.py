"""Publications: what is sent to the hub. No torch."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from madx_stilts.hub.address import Address
from madx_stilts.stack import AdapterRef, Stack


@dataclass(frozen=True)
class SharedFile:
    """One file of a publication."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, repr=False)
class Publication:
    """A repository on the hub that was written, or would be.

    Args:
        title: What it is, for a person.
        address: The repository.
        refs: Adapters in it; none in a list of repositories.
        files: All of it.
        page: Its README.
        sent: Names of the files that the hub did not have; none of a dry run.
        kept: Names of those that it had, with equal checksums.
        url: Of the commit or the pull request; empty if nothing was sent.
    """

    title: str
    address: Address
    refs: tuple[AdapterRef, ...]
    files: tuple[SharedFile, ...]
    page: str
    sent: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    url: str = ""

    def to_frame(self) -> Any:
        """One row for each file, as a `pandas.DataFrame`: bytes, sha256, and whether it was sent."""
        import pandas

        rows = [{**asdict(file), "sent": file.name in self.sent} for file in self.files]
        return pandas.DataFrame(rows, columns=["name", "bytes", "sha256", "sent"]).set_index("name")

    def _repr_html_(self) -> str:
        html: str = self.to_frame().to_html()
        return html

    def __repr__(self) -> str:
        return f"<Publication {self.address}: {len(self.sent)} of {len(self.files)} files sent>"


@dataclass(frozen=True)
class Selection:
    """Adapters to publish.

    Args:
        refs: One by one, or those of the stack.
        stack: They are one stack; None: each is published by itself.
        listed: A list of them is published too.
    """

    refs: Sequence[AdapterRef]
    stack: Stack | None = None
    listed: bool = False
