"""The map of the package: which module stands on which floor, and every module's source, parsed."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

import madx_stilts

PACKAGE = Path(madx_stilts.__file__).parent

# From the bottom up. A name stands for a module or for a package with all that is in it; where one name begins
# another, the longer one counts. Modules of one floor may import each other, as long as no circle comes of it.
FLOORS = {
    "plain values": (
        "errors escape registry languages spellings files paths locks bounds findings strict_json resources metrics"
    ),
    "words": "stack recipe resolve tasks formats card",
    "plans": (
        "strict_yaml config_faults config connections deadline transfer backbone_files positions zoo grid report "
        "miniature"
    ),
    "nets and data": "nets data",
    "work": "train score run hub studies demo pretrain",
    "the API": "api",
    "the door": "cli __main__",
}
TORCH_BEGINS_AT = "nets and data"


def floor_of(module: str) -> str | None:
    """The floor of a module, by its longest prefix in the table; None if the table does not know it."""
    places = {name: floor for floor, names in FLOORS.items() for name in names.split()}
    parts = module.split(".")
    prefixes = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
    return next((places[prefix] for prefix in prefixes if prefix in places), None)


@pytest.fixture(scope="session")
def sources() -> Mapping[str, Path]:
    """Every module's file by its dotted name below the package; the package itself is left out."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    del found[""]
    return found


@pytest.fixture(scope="session")
def trees(sources: Mapping[str, Path]) -> Mapping[str, ast.Module]:
    """Every module's syntax tree by its dotted name."""
    return {name: ast.parse(path.read_text(encoding="utf-8"), str(path)) for name, path in sources.items()}


@pytest.fixture(scope="session")
def floors(sources: Mapping[str, Path]) -> Mapping[str, int | None]:
    """The height of the floor each module stands on, 0 being the lowest; None for a module without one."""
    heights: dict[str | None, int] = {floor: height for height, floor in enumerate(FLOORS)}
    return {name: heights.get(floor_of(name)) for name in sources}


@pytest.fixture(scope="session")
def torch_free(floors: Mapping[str, int | None]) -> list[str]:
    """The modules below the floor that torch begins at, by full name, lowest first."""
    border = list(FLOORS).index(TORCH_BEGINS_AT)
    below = [(height, name) for name, height in floors.items() if height is not None and height < border]
    return [f"madx_stilts.{name}" for _, name in sorted(below)]
