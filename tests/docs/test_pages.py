"""What the documentation shows works: Python runs, the tour runs, and every command is one that there is."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import madx_stilts as ms
from madx_stilts.cli.main import cli

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), ROOT / "README.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INCLUDED = re.compile(r"<!-- include (\S+) -->")
OTHERS = ("make", "pip", "export", "for", "do", "done")
"""What a line of a shell block may begin with besides our command."""


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")) if kind == language]


def lines(page: Path) -> Iterator[list[str]]:
    """The words of each command in a page's shell blocks."""
    for block in blocks(page, "sh"):
        for line in block.replace("\\\n", " ").splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0] == "madx-stilts":
                yield words[1:]
            elif words:
                assert words[0] in OTHERS, line


def names(pages: list[Path], language: str) -> list[object]:
    return [pytest.param(page, id=page.stem) for page in pages if blocks(page, language)]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, miniature: Path) -> Path:
    """A folder as the pages have it, with the miniature and some texts."""
    folder = tmp_path_factory.mktemp("docs")
    (folder / "mini").symlink_to(miniature)
    return folder


@pytest.mark.parametrize("page", names(PAGES, "python"))
def test_python_runs(page: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    known: dict[str, object] = {"__name__": page.stem}
    for block in blocks(page, "python"):
        exec(compile(block, str(page), "exec"), known)


def test_the_tour_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    for words in lines(ROOT / "docs" / "tour.md"):
        cli.main(words, prog_name="madx-stilts", standalone_mode=False)
    assert "transfer gap" in capsys.readouterr().out


@pytest.mark.parametrize("page", names(PAGES, "sh"))
def test_every_command_is_understood(page: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place)
    for words in lines(page):
        command: click.Command = cli
        context = cli.make_context("madx-stilts", list(words), resilient_parsing=False)
        rest = [*context._protected_args, *context.args]
        while isinstance(command, click.Group) and rest:
            found = command.get_command(context, rest[0])
            assert found is not None, words
            command, rest = found, rest[1:]
        command.make_context(" ".join(words), [*rest], parent=context)


def test_every_public_name_is_documented() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    shown = [line.rpartition(".")[2] for line in page.splitlines() if line.startswith(":::")]
    assert sorted(shown) == sorted(set(ms.__all__) - {"__version__"})
    for line in page.splitlines():
        if line.startswith("::: "):
            module, _, name = line.removeprefix("::: ").rpartition(".")
            assert getattr(ms, name).__module__ == module, line


def test_every_page_is_in_the_menu_and_every_link_leads_somewhere() -> None:
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    for page in PAGES[:-1]:
        assert f": {page.relative_to(ROOT / 'docs').as_posix()}\n" in menu
    for page in PAGES:
        for file in INCLUDED.findall(page.read_text(encoding="utf-8")):
            assert (ROOT / file).is_file(), (page, file)
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), (page, target)
