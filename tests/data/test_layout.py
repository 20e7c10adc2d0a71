"""Which files hold which split: by the README's `configs:`, else by the names the hub itself goes by."""

import re
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from madx_stilts.data.layout import NotHere, RepositoryFiles, _matches

README = """---
license: mit
configs:
- config_name: sw
  data_files:
  - split: validation
    path: sw/dev.parquet
  - split: test
    path: sw/test-*
- config_name: both
  data_files:
  - split: train
    path: ["sw/dev.parquet", "**/test-*.parquet"]
- config_name: bare
  data_files: extra/*.csv
- config_name: folder
  data_dir: sw
dataset_info: []
---
# Text with a ruler

---
"""
NAMES = (
    "README.md",
    "sw/dev.parquet",
    "sw/test-00000-of-00002.parquet",
    "sw/test-00001-of-00002.parquet",
    "extra/a.csv",
)


@pytest.mark.parametrize(
    ("config", "split", "files"),
    [
        ("sw", "validation", [NAMES[1]]),
        ("sw", "test", [NAMES[2], NAMES[3]]),
        ("sw", "test+validation", [NAMES[2], NAMES[3], NAMES[1]]),
        ("both", "train", [NAMES[1], NAMES[2], NAMES[3]]),
        ("bare", "train", [NAMES[4]]),
        ("folder", "validation", [NAMES[1]]),
        ("folder", "test", [NAMES[2], NAMES[3]]),
    ],
)
def test_the_readme_says_which_files_a_split_has(config: str, split: str, files: list[str]) -> None:
    assert list(RepositoryFiles(NAMES, README).files(config, split)) == files


def test_line_ends_of_windows_change_nothing() -> None:
    assert RepositoryFiles(NAMES, README.replace("\n", "\r\n")).configs == RepositoryFiles(NAMES, README).configs


@pytest.mark.parametrize(
    ("names", "config", "files"),
    [
        (
            ["en/train-00000-of-00001.parquet", "de/train-00000-of-00001.parquet"],
            "en",
            ["en/train-00000-of-00001.parquet"],
        ),
        (["data/train-00000-of-00001-0a1b2c.parquet"], "default", ["data/train-00000-of-00001-0a1b2c.parquet"]),
        (["train.jsonl", "test.jsonl"], "default", ["train.jsonl"]),
        (["train.csv"], "default", ["train.csv"]),
        (["en/train.tsv"], "en", ["en/train.tsv"]),
        (["en/train/0000.parquet", "en/train/0001.parquet"], "en", ["en/train/0000.parquet", "en/train/0001.parquet"]),
        (["train.jsonl", "train.parquet"], "default", ["train.parquet"]),
    ],
)
def test_without_a_readme_the_names_say_it(names: list[str], config: str, files: list[str]) -> None:
    assert list(RepositoryFiles(tuple(names)).files(config, "train")) == files


@pytest.mark.parametrize("name", ["dev", "valid", "val", "validation"])
def test_dev_goes_by_several_names(name: str) -> None:
    assert RepositoryFiles((f"{name}.csv",)).files("default", "validation") == (f"{name}.csv",)


def test_a_split_with_a_longer_name_stays_itself() -> None:
    layout = RepositoryFiles(("plain_text/dev_r1-00000-of-00001.parquet", "plain_text/dev_r2-00000-of-00001.parquet"))
    assert layout.files("plain_text", "dev_r1") == ("plain_text/dev_r1-00000-of-00001.parquet",)


def test_a_file_of_no_config_is_never_taken_for_one_of_another() -> None:
    with pytest.raises(NotHere, match="no config 'sw', it has default"):
        RepositoryFiles(("data/test-00000-of-00001.parquet",)).files("sw", "test")


@pytest.mark.parametrize(
    ("config", "split", "reason"),
    [
        ("xx", "test", "no config 'xx', it has sw, both, bare, folder"),
        ("sw", "train", "no split 'train' in config 'sw', it has validation, test"),
        ("sw", "test+train", "no split 'train'"),
    ],
)
def test_what_is_missing_is_told_with_what_there_is(config: str, split: str, reason: str) -> None:
    with pytest.raises(NotHere, match=reason):
        RepositoryFiles(NAMES, README).files(config, split)


def test_a_missing_part_of_a_split_is_noticed() -> None:
    for names, readme in ((NAMES[:3], README), (NAMES[1:3], "")):
        with pytest.raises(NotHere, match="1 of the 2 files sw/test"):
            RepositoryFiles(names, readme).files("sw", "test")


def test_a_file_that_the_readme_names_must_be_there() -> None:
    with pytest.raises(NotHere, match=r"lacks the file sw/dev.parquet"):
        RepositoryFiles(NAMES[2:], README).files("sw", "validation")


def test_a_loading_script_is_no_data() -> None:
    with pytest.raises(NotHere, match="loading script"):
        RepositoryFiles(("README.md", "cosmos_qa.py")).files("default", "train")


def test_a_header_that_is_not_yaml_is_told() -> None:
    with pytest.raises(NotHere, match="not YAML"):
        RepositoryFiles(NAMES, "---\nconfigs: [\n---\n").files("sw", "test")


def configs_of(header: str) -> tuple[str, ...]:
    return RepositoryFiles(NAMES, f"---\n{header}\n---\n").configs


FINE = "configs:\n- config_name: sw\n  data_files: sw/dev.parquet"
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LAUGHS = "a: &a [x]\n" + "".join(f"{new}: &{new} [*{old}, *{old}]\n" for old, new in pairwise(LETTERS))


@pytest.mark.parametrize(
    "other",
    [
        "date: 2024-99-99",
        "when: 9999-99-99T99:99:99Z",
        "size: " + "9" * 5000,
        "deep: " + "[" * 50_000,
        "license: mit\nlicense: mit",
        "tag: !!python/object:os.system x",
        LAUGHS.strip(),
        "broken: [",
        "plain: 'a\n  configs: b'",
    ],
    ids=range(9),
)
def test_what_a_header_says_of_other_things_does_not_matter(other: str) -> None:
    assert configs_of(f"{other}\n{FINE}") == configs_of(f"{FINE}\n{other}") == ("sw",)


@pytest.mark.parametrize(
    "header",
    ['"configs":\n- config_name: sw', "{configs: [{config_name: sw}]}", "x: &x\n- config_name: sw\nconfigs: *x"],
)
def test_a_header_may_be_written_in_other_ways(header: str) -> None:
    assert configs_of(header) == ("sw",)


def test_a_configuration_named_no_is_norwegian() -> None:
    assert configs_of("configs:\n- config_name: no\n- config_name: 20231101") == ("no", "20231101")


@pytest.mark.parametrize(
    "configs",
    [
        "- config_name: sw\n  config_name: de",
        "- !!python/object:os.system x",
        "[" * 50_000,
        "- config_name: " + "9" * 5000,
        "- config_name: sw\nconfigs:\n- config_name: de",
        "- config_name: sw\n  deep: " + "{a: " * 50_000,
    ],
    ids=range(6),
)
def test_configurations_that_cannot_be_understood_are_told(configs: str) -> None:
    with pytest.raises(NotHere, match="not YAML"):
        configs_of(f"configs:\n{configs}")


@settings(deadline=None)
@given(st.text("-: \n[]{}&*!|>'\"#abconfigs,", max_size=80))
def test_any_header_is_understood_or_told(header: str) -> None:
    for text in (header, f"configs:{header}", f"configs:\n- {header}"):
        with suppress(NotHere):
            RepositoryFiles(NAMES, f"---\n{text}\n---\n").files("sw", "test")


@given(st.lists(st.sampled_from(["**", "*", "a", "b", "a*"]), max_size=5), st.lists(st.sampled_from("ab"), max_size=5))
def test_a_pattern_with_any_number_of_folders_fits_as_in_a_shell(pattern: list[str], name: list[str]) -> None:
    parts = ("(?:[^/]+/)*" if part == "**" else part.replace("*", "[^/]*") + "/" for part in pattern)
    fits = re.fullmatch("".join(parts), "".join(f"{part}/" for part in name)) is not None
    assert _matches(tuple(name), tuple(pattern)) == fits


def test_a_pattern_of_a_thousand_folders_is_no_riddle() -> None:
    assert not _matches(("a",) * 200, ("**",) * 1000 + ("b",))


names = st.text("abcdefgh", min_size=1, max_size=4)


@given(st.dictionaries(names, st.sets(st.sampled_from(["train", "validation", "test"]), min_size=1), min_size=1))
def test_the_usual_layout_needs_no_readme(configs: dict[str, set[str]]) -> None:
    lines = ["---", "configs:"]
    files = []
    for config, splits in configs.items():
        lines += [f"- config_name: {config}", "  data_files:"]
        for split in sorted(splits):
            files.append(f"{config}/{split}-00000-of-00001.parquet")
            lines += [f"  - split: {split}", f"    path: {files[-1]}"]
    told, guessed = RepositoryFiles(tuple(files), "\n".join([*lines, "---"])), RepositoryFiles(tuple(files))
    assert sorted(told.configs) == sorted(guessed.configs)
    for config, splits in configs.items():
        for split in splits:
            assert told.files(config, split) == guessed.files(config, split)
