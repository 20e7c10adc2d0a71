"""The page is well-formed, needs nothing else, and shows every number and every hole."""

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from madx_stilts.report.gains import ONE_SEED, all_gains, averages
from madx_stilts.report.heatmap import heat_map
from madx_stilts.report.markup import html, signed, svg, tag
from madx_stilts.report.page import page
from madx_stilts.report.palette import colour, limit_of
from madx_stilts.report.results import ALL, Results
from madx_stilts.report.write import as_json, write_report

Make = Callable[..., Results]


class Reader(HTMLParser):
    """Reads a page: its words, tags and attributes, and whether tags close in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, name: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attributes)))
        if name != "meta":
            self.open.append(name)

    def handle_endtag(self, name: str) -> None:
        assert self.open.pop() == name

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def shown(results: Results) -> Reader:
    return Reader(page(results, all_gains(results)))


def test_the_page_is_well_formed(results_of: Make) -> None:
    reader = shown(results_of())
    assert reader.open == []
    assert {"svg", "table", "details"} <= {name for name, _ in reader.tags}


def test_the_page_needs_nothing_else(results_of: Make) -> None:
    results = results_of()
    text = page(results, all_gains(results))
    assert not {"script", "link", "img", "iframe", "object"} & {name for name, _ in Reader(text).tags}
    assert set(re.findall(r"\w+://[^\"'\s]+", text)) == {"http://www.w3.org/2000/svg"}
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_has_every_score(results_of: Make) -> None:
    results = results_of(seeds=(0, 1, 2))
    words = shown(results).words
    for one in results.outcomes:
        for values in one.scores.values():
            for metric, value in values.items():
                assert metric == "n" or f"{value:.2f}" in words


def test_the_page_has_every_gain_and_average(results_of: Make) -> None:
    results = results_of(seeds=(0, 1, 2))
    words = shown(results).words
    for gain in all_gains(results):
        if gain.intermediate != "none":
            assert signed(gain.value.mean, 2 if gain.over in (ALL, "without_source") else 1) in words
    for average in averages(results.parts[0]):
        assert average.score is None or f"{average.score.mean:.2f}" in words


def test_names_are_escaped(results_of: Make) -> None:
    results = replace(results_of(), grid="</title><script>alert(1)</script>", description="\x00 & <b>")
    reader = shown(results)
    assert "script" not in {name for name, _ in reader.tags}
    assert 'a<b>&"c"' in reader.words
    assert "\ufffd & <b>" in reader.words


def test_the_caveat_of_a_constructed_world_comes_first(results_of: Make) -> None:
    results = results_of()
    assert results.world is not None
    words = [word for word in shown(results).words if word.strip()]
    assert words[1] == results.world.caveat
    real = shown(replace(results, world=None)).words
    assert not any("constructed" in word for word in real)


def test_one_seed_says_that_nothing_can_be_told_of_chance(results_of: Make) -> None:
    assert ONE_SEED in shown(results_of(seeds=(0,))).words
    assert ONE_SEED not in shown(results_of(seeds=(0, 1))).words


def test_holes_are_hatched_and_named(results_of: Make) -> None:
    results = results_of(seeds=(0, 1))
    reader = shown(results)
    assert "failed" in reader.words
    assert any(attributes.get("class") == "hatch" for _, attributes in reader.tags)
    for one in results.holes:
        assert one.reason in reader.words
    whole = shown(results_of(holes=frozenset()))
    assert not any(attributes.get("class") in ("hatch", "hole") for _, attributes in whole.tags)


def test_the_heat_map_names_each_hole(results_of: Make) -> None:
    results = results_of(seeds=(0,), holes=frozenset({("mnli", "xnli", 0), ("none", "tatoeba", 0)}))
    (part,) = results.parts
    drawn = Reader(svg(heat_map(part, all_gains(results), averages(part))))
    assert [drawn.words.count(word) for word in ("failed", "no none")] == [1, len(part.intermediates) - 1]
    assert any(attributes.get("class") == "hatch" for _, attributes in drawn.tags)
    assert "mnli to xnli: failed. xnli <- mnli (stack, language adapter none, tiny, seed 0) <failed>" in drawn.words


def test_languages_stand_by_their_distance_from_the_source(results_of: Make) -> None:
    names = [word for word in shown(results_of()).words if re.fullmatch(r"(Mirean|Doveli|Khar<uv>) \(\w+\)", word)]
    assert [*dict.fromkeys(names)][:3] == ["Mirean (qaa)", "Doveli (qab)", "Khar<uv> (qac)"]


def test_what_is_kept_apart_is_told(results_of: Make) -> None:
    results = results_of(seeds=(0,), holes=frozenset())
    target = replace(results.outcomes[0].target, version=2)
    other = replace(results.outcomes[0], cell=replace(results.outcomes[0].cell, seed=1), target=target)
    words = " ".join(shown(replace(results, outcomes=(*results.outcomes, other))).words)
    assert "xnli was scored in several versions" in words
    assert "No averages" in words
    prints = replace(results.outcomes[0], fingerprint="other")
    words = " ".join(shown(replace(results, outcomes=(*results.outcomes, prints))).words)
    assert "tiny has 2 fingerprints" in words


def test_a_grid_that_was_not_run_has_a_page_of_holes(results_of: Make) -> None:
    results = results_of()
    outcomes = tuple(replace(one, fingerprint="", scores={}, why="not run") for one in results.outcomes)
    reader = shown(replace(results, outcomes=outcomes, costs=()))
    assert reader.open == []
    assert "0 scored of 30" in reader.words


def test_a_report_has_all_files_and_figures_that_stand_alone(results_of: Make, tmp_path: Path) -> None:
    results = results_of()
    files = write_report(results, tmp_path / "report")
    assert {path.name for path in (tmp_path / "report").iterdir()} == {path.name for path in files.values()}
    figures = sorted(files["figures"].iterdir())
    assert [path.name for path in figures] == ["gains.svg", "tatoeba.svg", "tydiqa_goldp.svg", "xnli.svg"]
    for path in figures:
        assert ElementTree.parse(path).getroot().tag == "{http://www.w3.org/2000/svg}svg"


def test_a_report_made_again_is_the_same(results_of: Make, tmp_path: Path) -> None:
    def content(name: str, results: Results) -> dict[str, bytes]:
        write_report(results, tmp_path / name)
        files = (path for path in (tmp_path / name).rglob("*") if path.is_file())
        return {str(path.relative_to(tmp_path / name)): path.read_bytes() for path in files}

    results = results_of()
    turned = replace(results, outcomes=results.outcomes[::-1])
    assert content("one", results) == content("two", turned)


def test_programs_get_the_same_numbers(results_of: Make) -> None:
    facts = as_json(results_of())
    assert (facts["cells"], facts["holes"]) == (30, 3)
    assert facts["world"] == {"name": "miniature", "seed": 1, "constructed": True}
    assert [one["kind"] for one in facts["costs"]] == ["trainings", "scorings", "all"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("value", "text"), [(1.25, "+1.2"), (-0.31, "−0.3"), (0.0, "0.0"), (-0.04, "0.0")])
def test_a_sign_stands_before_every_difference_but_zero(value: float, text: str) -> None:
    assert signed(value) == text


def test_colours_can_be_read_and_signs_differ() -> None:
    for step in range(-20, 21):
        fill, ink = colour(step / 10, 2.0)
        assert contrast(fill, ink) >= 4.0
    assert colour(5, 2) == colour(2, 2) != colour(-2, 2)
    assert colour(0, 2) == colour(-0.0, 2)


def contrast(one: str, two: str) -> float:
    """The ratio of WCAG."""
    lights = []
    for code in (one, two):
        parts = [int(code[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        lights.append(0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)
    return max(lights) / min(lights)


def test_one_large_gain_does_not_pale_the_others() -> None:
    assert limit_of([*([1.0, -1.5] * 10), 40.0]) == 2.0
    assert limit_of([]) == 0.5


def test_text_between_elements_is_kept() -> None:
    assert html(tag("p", {}, "a<", tag("b", {}, "c"), "d")).splitlines()[1] == "<p>a&lt;<b>c</b>d</p>"
