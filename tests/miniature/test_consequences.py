"""What is concluded in the text that backbones read follows, stays open or is excluded as the linking word says."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from madx_stilts.miniature.consequences import Conclusion, consequence
from madx_stilts.miniature.meaning import Clause
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.world import MiniatureWorld


@pytest.fixture(scope="module")
def conclusions(world: MiniatureWorld) -> list[Conclusion]:
    scene = Scene(world, random.Random("conclusions"))
    return [consequence(scene) for _ in range(3000)]


def linked(conclusions: list[Conclusion], link: str) -> Iterator[Conclusion]:
    return ((said, concluded) for said, concluded in conclusions if concluded.link == link)


def plain(clause: Clause) -> Clause:
    return clause.linked("")


def test_each_kind_of_conclusion_is_drawn_often(conclusions: list[Conclusion]) -> None:
    counts = Counter(concluded.link for _, concluded in conclusions)
    assert set(counts) == {"so", "because", "maybe", "false"}
    assert min(counts.values()) > len(conclusions) / 20


def test_nothing_is_concluded_from_itself(conclusions: list[Conclusion]) -> None:
    assert not [said for said, concluded in conclusions if said == plain(concluded)]


def test_what_follows_is_never_left_open_or_excluded_elsewhere(conclusions: list[Conclusion]) -> None:
    follows = {(said, plain(concluded)) for said, concluded in linked(conclusions, "so")}
    for link in ("maybe", "false"):
        assert follows.isdisjoint((said, plain(concluded)) for said, concluded in linked(conclusions, link))


def test_what_is_because_of_something_follows_from_it(conclusions: list[Conclusion], world: MiniatureWorld) -> None:
    """The reason says more: it never names the category of what the consequence names itself."""
    for said, reason in linked(conclusions, "because"):
        assert world.wider.get(said.verb) != reason.verb


def test_denials_are_concluded_from_as_well(conclusions: list[Conclusion]) -> None:
    for link in ("so", "maybe", "false"):
        assert {said.is_denial for said, _ in linked(conclusions, link)} == {True, False}
