"""Text goes to the terminal through one place, which takes the control characters out of what others wrote."""

import ast
from collections.abc import Iterator, Mapping

OUTPUT = "cli.output"
WRITERS = {"echo", "secho", "echo_via_pager"}
TO_FILES = {"run.process", "run.slurm.job"}
"""Modules that print events for other processes, into files."""


def writes(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called == "print" or (called.startswith("click.") and called.removeprefix("click.") in WRITERS):
                yield f"{called} in line {node.lineno}"
            if called.endswith(("stdout.write", "stderr.write")):
                yield f"{called} in line {node.lineno}"


def test_only_one_module_writes_to_the_terminal(trees: Mapping[str, ast.Module]) -> None:
    found = {name: [*writes(tree)] for name, tree in trees.items() if name != OUTPUT and name not in TO_FILES}
    assert {name: lines for name, lines in found.items() if lines} == {}
