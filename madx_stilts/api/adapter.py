"""A trained adapter as the Python API returns it. No torch."""

from dataclasses import dataclass
from typing import Any

from madx_stilts.card import Card
from madx_stilts.stack import AdapterRef, Role


@dataclass(frozen=True, repr=False)
class Adapter:
    """An adapter in a zoo.

    Args:
        ref: Its role, its name and its id.
        card: Its birth certificate: recipe, data, scores on dev data, cost.
    """

    ref: AdapterRef
    card: Card

    @property
    def role(self) -> Role:
        """What it is used for."""
        return self.ref.role

    @property
    def name(self) -> str:
        """What it is called in the zoo."""
        return self.ref.name

    @property
    def id(self) -> str:
        """The hash of all that determines it, 64 hexadecimal digits."""
        return self.ref.id

    @property
    def scores(self) -> dict[str, float]:
        """On the dev data, 0 to 100."""
        return dict(self.card.scores)

    def to_frame(self) -> Any:
        """One row: reference, steps, seconds and dev scores, as a `pandas.DataFrame`."""
        import pandas

        row = {"adapter": str(self.ref), "steps": self.card.steps, "seconds": self.card.wall_seconds, **self.scores}
        return pandas.DataFrame([row]).set_index("adapter")

    def __repr__(self) -> str:
        scores = ", ".join(f"{name} {value:.2f}" for name, value in self.scores.items())
        return f"<Adapter {self.ref}: {scores or 'no dev scores'}>"

    def _repr_html_(self) -> str:
        html: str = self.to_frame().to_html()
        return html
