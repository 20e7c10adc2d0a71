"""The shape of the code is a rule: small files, small functions, nothing swallowed, nothing passed through unseen."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

FILE_LINES = 350
FUNCTION_LINES = 50
PARAMETERS = 7

Function = ast.FunctionDef | ast.AsyncFunctionDef
Trees = Mapping[str, ast.Module]


def nodes(trees: Trees) -> Iterator[tuple[str, ast.AST]]:
    """Every node of every module, with a place to show: the module's name, and the line where there is one."""
    for name, tree in trees.items():
        for node in ast.walk(tree):
            yield f"{name}:{getattr(node, 'lineno', 1)}", node


def functions(trees: Trees) -> Iterator[tuple[str, Function]]:
    """Every function and method, with its place and name."""
    for place, node in nodes(trees):
        if isinstance(node, Function):
            yield f"{place} {node.name}", node


def lines_of(function: Function) -> int:
    """The lines of a function's signature and body, decorators and docstring left out."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def protocols(trees: Trees) -> set[int]:
    """The identities of functions that describe what others wrote: the methods of protocols."""
    return {
        id(method)
        for _, node in nodes(trees)
        if isinstance(node, ast.ClassDef) and any("Protocol" in ast.unparse(base) for base in node.bases)
        for method in node.body
    }


def catches_everything(handler: ast.ExceptHandler) -> bool:
    """Whether a handler takes every error and keeps it; cleaning up and raising it again is fine."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = any(error is None or ast.unparse(error) in {"Exception", "BaseException"} for error in caught)
    last = handler.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_files_are_short(sources: Mapping[str, Path]) -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in sources.items()}
    assert {name: count for name, count in lines.items() if count > FILE_LINES} == {}


def test_every_module_says_what_it_is_for(trees: Trees) -> None:
    assert [name for name, tree in trees.items() if ast.get_docstring(tree) is None] == []


def test_no_two_public_classes_share_a_name(trees: Trees) -> None:
    classes = [node.name for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)]
    assert {name for name in classes if classes.count(name) > 1 and not name.startswith("_")} == set()


def test_functions_are_short(trees: Trees) -> None:
    lengths = {place: lines_of(function) for place, function in functions(trees)}
    assert {place: lines for place, lines in lengths.items() if lines > FUNCTION_LINES} == {}


def parameters(function: Function) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def test_functions_take_few_parameters(trees: Trees) -> None:
    counts = {
        place: sum(one.arg not in ("self", "cls") for one in parameters(function))
        for place, function in functions(trees)
    }
    assert {place: count for place, count in counts.items() if count > PARAMETERS} == {}


def test_no_signature_swallows_unknown_options(trees: Trees) -> None:
    foreign = protocols(trees)
    assert [place for place, node in functions(trees) if node.args.kwarg and id(node) not in foreign] == []


def test_nothing_is_caught_without_a_name(trees: Trees) -> None:
    handlers = [(place, node) for place, node in nodes(trees) if isinstance(node, ast.ExceptHandler)]
    assert [place for place, handler in handlers if catches_everything(handler)] == []


def test_no_check_vanishes_with_python_optimisation(trees: Trees) -> None:
    assert [place for place, node in nodes(trees) if isinstance(node, ast.Assert)] == []
