"""Sizes are read with their units."""

import click
import pytest

from madx_stilts.cli.sizes import SIZE


@pytest.mark.parametrize(
    ("text", "size"),
    [("2GB", 2 * 10**9), ("500 MB", 5 * 10**8), ("1.5tb", 15 * 10**11), ("7kB", 7000), ("12", 12), ("3B", 3)],
)
def test_a_size_is_a_number_with_a_unit(text: str, size: int) -> None:
    assert SIZE.convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "GB", "2XB", "-1GB", "0", "1,5GB", "two"])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(click.BadParameter, match="as in 500MB or 2GB"):
        SIZE.convert(text, None, None)
