"""Strict YAML: what JSON can say comes back as it was, and YAML's traps are faults or plain texts."""

import json
import re

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from madx_stilts.strict_yaml import (
    MAX_CHARACTERS,
    MAX_DEPTH,
    MAX_FAULTS,
    MAX_KEY,
    MAX_VALUES,
    YamlDocument,
    parse,
)

plain = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=10)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | plain
trees = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(plain, inner, max_size=3))


@given(trees)
def test_json_is_read_as_json_reads_it(tree: object) -> None:
    document = parse(json.dumps(tree, ensure_ascii=False))
    assert document.faults == []
    assert document.value == tree


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), scalars, max_size=4))
def test_what_pyyaml_writes_is_read_back(tree: dict[str, object]) -> None:
    # To PyYAML, which follows YAML 1.1, "1e5" is a text; here, as in YAML 1.2, it is a number unless it is quoted.
    assume(not any(isinstance(value, str) and re.fullmatch(r"[-+.\d]+[eE][-+]?\d+", value) for value in tree.values()))
    written = yaml.safe_dump(tree, allow_unicode=True)
    assert parse(written).value == tree


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("true", True),
        ("1e-4", 1e-4),
        ("5.", 5.0),
        (".5", 0.5),
        ("-3", -3),
        ("012", "012"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("10:30", "10:30"),
        ("2024-01-01", "2024-01-01"),
        (".inf", ".inf"),
        ("~", None),
        ("", None),
        ("# only a comment", None),
        ("'12'", "12"),
        ("[en, no]", ["en", "no"]),
    ],
)
def test_plain_words_mean_what_they_look_like(text: str, value: object) -> None:
    document = parse(text)
    assert (document.value, document.faults) == (value, [])
    assert type(document.value) is type(value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb: {c: 2,\n  c: 3}", "b.c: is given twice, first in line 2 (line 3)"),
        ("a: 1\n1: 2", "1: is a key but no text; put it in quotes (line 2)"),
        ("true: 2", "true: is a key but no text; put it in quotes (line 1)"),
        ("? [a]\n: 2", "a list or mapping: is a key but no text; put it in quotes (line 1)"),
        (
            "a: !!python/name:os.system x",
            "a: has the tag tag:yaml.org,2002:python/name:os.system; tags are not allowed (line 1)",
        ),
        ("a: [1, !!set {}]", "a.1: has the tag tag:yaml.org,2002:set; tags are not allowed (line 1)"),
        ("a: !!int many", "a: cannot be read as int (line 1)"),
        ("a: &a [*a]", "a.0: contains itself (line 1)"),
        ("a: [1", "line 1, column 6: expected ',' or ']', but got '<stream end>'"),
        ("a: 1\n--- \nb: 2", "line 2, column 1: but found another document"),
        ("a: \x00", "this is no YAML: unacceptable character"),
    ],
)
def test_each_trap_is_a_fault_with_key_and_line(text: str, fault: str) -> None:
    (found,) = parse(text).faults
    assert found.startswith(fault)


def test_each_value_has_its_line() -> None:
    lines = parse("a: 1\nb:\n  - x\n  - y: 2\n").lines
    assert lines[("a",)] == 1
    assert lines[("b", 0)] == 3
    assert lines[("b", 1, "y")] == 4


def test_an_anchor_may_be_used_twice() -> None:
    assert parse("a: &x {b: 1}\nc: *x").value == {"a": {"b": 1}, "c": {"b": 1}}


def _laughs(levels: int, inner: str) -> str:
    """Anchors of which each is used ten times in the next: ten to the power of so many."""
    first = f"a0: &a0 {inner}\n"
    return first + "".join(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, levels + 1))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (_laughs(9, "lol"), f"there are more than {MAX_VALUES:,} values"),
        (_laughs(5, "a" * 100_000), "the values have more than"),
        (_laughs(9, "[]"), f"there are more than {MAX_VALUES:,} values"),
        ("[" * 50_000, f"more than {MAX_DEPTH} lists or mappings"),
        ("{a: " * 50_000, f"more than {MAX_DEPTH} lists or mappings"),
        ("- " * 50_000, f"more than {MAX_DEPTH} lists or mappings"),
        ("? " * 50_000, f"more than {MAX_DEPTH} lists or mappings"),
        ("a0: &a0 x\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 300)), f"more than {MAX_DEPTH} lists"),
        ("#" * (MAX_CHARACTERS + 1), f"it has {MAX_CHARACTERS + 1:,} characters"),
        (f"{'k' * (MAX_KEY + 1)}: 1", "k" * 200 + f"…: is a key of {MAX_KEY + 1:,} characters"),
        ("a: " + "9" * 5000, "a: is a number of 5,000 characters"),
        ("a: 1e" + "9" * 5000, "a: is a number of 5,002 characters"),
        ("a: 1e999", "a: is the number 1e999, which is too large (line 1)"),
        ("a: !!float .inf", "a: cannot be read as float"),
        ("a: !!float nan", "a: cannot be read as float"),
        ("a: !!int ''", "a: cannot be read as int"),
        ("a: !!map 3", "a: cannot be read as map"),
        ("a: !!int [3]", "a: cannot be read as int"),
        ("a: !!str {b: c}", "a: cannot be read as str"),
        ('a: "\\U00110000"', "this is no YAML: chr() arg not in range"),
        ('a: "\\UFFFFFFFF"', "this is no YAML: "),
        (f"%YAML 1.{'9' * 5000}\n--- 1", "this is no YAML: "),
        ('a: "\\ud83d"', "a: holds half of a letter"),
        ('"\\ud83d": 1', ": holds half of a letter"),
        ("a: \ud83d", "this is no YAML: unacceptable character"),
    ],
)
def test_what_exceeds_a_bound_is_one_fault(text: str, fault: str) -> None:
    (found,) = parse(text).faults
    assert fault in found
    assert len(found) < 1000


def test_the_bounds_leave_room_for_what_is_within_them() -> None:
    deep = "[" * MAX_DEPTH + "]" * MAX_DEPTH
    assert parse(deep).faults == []
    assert parse(f"a: [{deep}]").faults != []
    assert parse(f"{'k' * MAX_KEY}: {'9' * 400}").faults == []


def test_values_are_counted_also_without_aliases() -> None:
    assert parse("- a\n" * 999, most=1000).value == ["a"] * 999
    assert "more than 1,000 values" in parse("- a\n" * 1000, most=1000).faults[0]


def test_faults_without_number_are_not_kept_without_number() -> None:
    faults = parse(f"{'k' * MAX_KEY}: {{{'a: 1, ' * 5000}}}").faults
    assert len(faults) == MAX_FAULTS
    assert max(map(len, faults)) < 1000


def test_letters_that_json_writes_as_two_halves_are_read_whole() -> None:
    assert parse('{"\\ud83d\\ude00": "\\ud83d\\ude00"}').value == {"😀": "😀"}


PIECES = [
    *"[]{}:,-?&*!|>%@#'\"\\~.\n\t \x85\u2028aé😀0",
    *("- ", ": ", "&a ", "*a", "&b", "*b", "<<: ", "!!int ", "!!map ", "!!binary ", "!x!y ", "...\n", "---\n"),
    *("%TAG ! x:\n", "%YAML 1.1\n", "\\x", "\\u", "\\U", "\\N", "1e9"),
]
soup = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(st.text(max_size=200) | soup | st.binary(max_size=200).map(lambda some: some.decode("latin-1")))
def test_no_text_makes_it_raise(text: str) -> None:
    _check(parse(text))


@st.composite
def anchored(draw: st.DrawFn) -> str:
    """A flow document in which values carry anchors, and aliases name them."""
    names = st.sampled_from("abc")
    leaf = st.sampled_from(["1", "x", "~", "''", "!!int x"]) | names.map("*{} ".format)
    tree = st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=4).map(lambda some: f"[{', '.join(some)}]")
            | st.lists(st.tuples(names, inner), max_size=4).map(
                lambda some: "{" + ", ".join(f"{k}: {v}" for k, v in some) + "}"
            )
            | st.tuples(names, inner).map(lambda pair: pair[1] if pair[1][0] in "*&" else f"&{pair[0]} {pair[1]}")
        ),
        max_leaves=20,
    )
    return "\n".join(f"k{at}: {draw(tree)}" for at in range(draw(st.integers(1, 4))))


@given(anchored())
def test_anchors_and_aliases_in_any_order_are_read_or_refused(text: str) -> None:
    _check(parse(text))


def _check(document: YamlDocument) -> None:
    """What was read can be written as JSON: finite numbers, whole texts, text keys, no circles."""
    assert all(document.faults)
    written = json.dumps(document.value, allow_nan=False, ensure_ascii=False).encode()
    assert json.loads(written) == document.value
