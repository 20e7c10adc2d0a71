"""What is imported is declared, and what is declared is imported."""

import ast
import sys
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
DISTRIBUTIONS = {"yaml": "pyyaml", "sklearn": "scikit-learn"}
"""Of packages that are called otherwise than what is installed."""
NOT_IMPORTED = {
    "datasets": "chosen by the user; nothing reads with it yet",
    "scikit-learn": "chosen by the user; nothing computes with it yet",
    "protobuf": "transformers needs it to read the tokenizer of mT5",
    "sentencepiece": "transformers needs it to read the tokenizer of mT5",
}
"""What is installed for others, with the reason."""


def imported(tree: ast.Module) -> Iterator[str]:
    """The top-level packages that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def declared(section: str, key: str) -> set[str]:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = [line for line in config[section][key].splitlines() if line and not line.startswith("#")]
    return {str(canonicalize_name(Requirement(line).name)) for line in lines} - {"madx-stilts"}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported(trees: Mapping[str, ast.Module]) -> None:
    used = {name for tree in trees.values() for name in imported(tree)}
    names = used - sys.stdlib_module_names - {"madx_stilts"}
    needed = {canonicalize_name(DISTRIBUTIONS.get(name, name)) for name in names}
    optional = declared("options.extras_require", "slurm")
    assert needed - optional == declared("options", "install_requires") - set(NOT_IMPORTED)


def test_what_is_declared_is_pinned_for_newcomers() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in pins if "==" in line}
    extras = [declared("options.extras_require", extra) for extra in ("slurm", "test", "docs", "dev")]
    assert set().union(declared("options", "install_requires"), *extras) <= pinned
