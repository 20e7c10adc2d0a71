"""Files are regular ones, unpacked where gzip packed them, and read no further than a bound."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.data import lines as line_reading
from madx_stilts.data import unpack
from madx_stilts.data.layout import NotHere, RepositoryFiles
from madx_stilts.data.lines import lines, whole_text
from madx_stilts.data.opening import open_table
from madx_stilts.data.read import read
from madx_stilts.data.sources import DataSources
from madx_stilts.data.text import read_text
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow

XNLI = TASKS["xnli"]
TEXT = "".join(f'{{"premise": "It rains {number}.", "hypothesis": "ä", "label": 0}}\n' for number in range(40))


def place(folder: Path) -> DataSources:
    return DataSources((folder,), offline=True, cache=folder)


def write(file: Path, content: bytes) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


ROW = 'He said 5\t"so"\t0\n'
KINDS = {
    "jsonl": TEXT,
    "json": f"[{TEXT.strip().replace(chr(10), ',')}]",
    "csv": 'premise,hypothesis,label\na,"b\nc",0\n',
    "tsv": f"premise\thypothesis\tlabel\n{ROW}",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_split_may_be_packed_with_gzip(tmp_path: Path, kind: str) -> None:
    write(tmp_path / f"a/facebook/xnli/en/test.{kind}", KINDS[kind].encode())
    write(tmp_path / f"b/facebook/xnli/en/test.{kind}.gz", gzip.compress(KINDS[kind].encode()))
    plain, packed = (read(XNLI, "en", "test", place=place(tmp_path / folder)) for folder in "ab")
    assert (packed.items, packed.fingerprint) == (plain.items, plain.fingerprint)


def test_a_file_that_a_download_has_unpacked_already_is_read_under_its_old_name(tmp_path: Path) -> None:
    file = write(tmp_path / "x.jsonl.gz", TEXT.encode())
    assert len(list(open_table(file).rows(()))) == 40


def test_several_packed_parts_after_each_other_are_one_text(tmp_path: Path) -> None:
    file = write(tmp_path / "x.txt.gz", gzip.compress(b"a\nb") + gzip.compress(b"c\n"))
    assert list(lines(file)) == ["a\n", "bc\n"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.floats(0, 1, exclude_max=True), st.booleans())
def test_a_packed_file_that_is_cut_off_is_told(tmp_path: Path, share: float, whole: bool) -> None:
    packed = gzip.compress(TEXT.encode())
    file = write(tmp_path / "x.jsonl.gz", packed[: max(2, int(share * len(packed)))])
    with pytest.raises(DataError, match="cut off") as caught:
        whole_text(file) if whole else list(lines(file))
    assert str(file) in caught.value.message


def test_a_packed_file_with_a_wrong_sum_is_told(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(TEXT.encode()))
    packed[-8] ^= 1
    with pytest.raises(DataError, match="CRC"):
        list(lines(write(tmp_path / "x.txt.gz", bytes(packed))))


@pytest.mark.parametrize("reading", [lambda path: sum(1 for _ in lines(path)), whole_text])
def test_more_than_a_file_can_honestly_hold_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reading: Callable[[Path], object]
) -> None:
    monkeypatch.setattr(unpack, "UNPACKED_AT_LEAST", 100_000)
    fine = write(tmp_path / "fine.txt.gz", gzip.compress(b"a\n" * 50_000))
    bomb = write(tmp_path / "bomb.txt.gz", gzip.compress(b"a\n" * 500_000))
    assert reading(fine)
    with pytest.raises(DataError, match=r"bomb\.txt\.gz is more than [\d,]+ bytes when it is unpacked"):
        reading(bomb)


def test_a_line_longer_than_any_text_is_told_with_its_number_and_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_reading, "LONGEST", 1000)
    assert list(lines(write(tmp_path / "x.txt", b"a" * 1000))) == ["a" * 1000]
    file = write(tmp_path / "x.txt", b"a\n" + b"b" * 2000)
    reading = lines(file)
    assert next(reading) == "a\n"
    with pytest.raises(DataError, match=r"x\.txt, line 2 has more than 1,000 bytes"):
        next(reading)


def test_a_document_longer_than_any_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LARGEST", 1000)
    with pytest.raises(DataError, match="more than 1,000 bytes"):
        whole_text(write(tmp_path / "x.json", b" " * 1001))


@pytest.mark.parametrize(
    ("begins", "hint"),
    [
        (b"PK\x03\x04", "unzip"),
        (b"BZh91AY&SY", "bunzip2"),
        (b"\xfd7zXZ\x00", "unxz"),
        (b"\x28\xb5\x2f\xfd", "unzstd"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    ],
)
def test_what_is_packed_otherwise_is_told_with_its_cure(tmp_path: Path, begins: bytes, hint: str) -> None:
    with pytest.raises(DataError) as caught:
        list(lines(write(tmp_path / "x.txt", begins + b"\0\1\2")))
    assert hint in caught.value.hint


@pytest.mark.parametrize("ending", [*unpack.UNPACK_WITH])
def test_a_repository_of_files_that_are_packed_otherwise_is_not_called_empty(ending: str) -> None:
    with pytest.raises(NotHere, match=rf"data/train\.jsonl{ending} is packed, unpack it with `\w+"):
        RepositoryFiles((f"data/train.jsonl{ending}", "README.md")).files("default", "train")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("x.parquet.gz", "gunzip"), ("x.jsonl.zst", "unzstd"), ("x.zip", "unzip"), ("x.tar.gz", "gunzip")],
)
def test_a_file_that_no_reader_opens_is_told_with_what_to_do(tmp_path: Path, name: str, hint: str) -> None:
    with pytest.raises(DataError, match="is no data file") as caught:
        open_table(write(tmp_path / name, b"x"))
    assert hint in caught.value.hint


def test_original_files_may_be_packed_all_or_some(tmp_path: Path) -> None:
    row = '{"uid": "%d", "context": "p", "hypothesis": "h", "label": "e"}\n'
    write(tmp_path / "anli_v1.0/R1/dev.jsonl", (row % 1).encode())
    write(tmp_path / "anli_v1.0/R2/dev.jsonl.gz", gzip.compress((row % 2).encode()))
    write(tmp_path / "anli_v1.0/R3/dev.jsonl", (row % 3).encode())
    write(tmp_path / "anli_v1.0/R3/dev.jsonl.gz", gzip.compress(b"not looked at"))
    assert [one.id for one in read(TASKS["anli"], "en", "dev", place=place(tmp_path)).items] == ["1", "2", "3"]
    (tmp_path / "anli_v1.0/R2/dev.jsonl.gz").rename(tmp_path / "anli_v1.0/R2/dev.jsonl.zst")
    with pytest.raises(DataError, match=r"dev\.jsonl\.zst, which is packed: unpack it with `unzstd`"):
        read(TASKS["anli"], "en", "dev", place=place(tmp_path))


def test_the_other_side_of_a_packed_file_may_be_packed_or_not(tmp_path: Path) -> None:
    first = write(tmp_path / "tatoeba.deu-eng.deu.gz", gzip.compress(b"Hallo\n"))
    other = write(tmp_path / "tatoeba.deu-eng.eng", b"Hello\n")
    assert [row["target"] for row in open_table(first, "tatoeba").rows(())] == ["Hello"]
    other.unlink()
    write(tmp_path / "tatoeba.deu-eng.eng.gz", gzip.compress(b"Hello\n"))
    assert [row["target"] for row in open_table(first, "tatoeba").rows(())] == ["Hello"]


def test_text_for_a_language_adapter_may_be_packed(tmp_path: Path) -> None:
    content = "".join(f"Sentence {number}.\n" for number in range(40)).encode()
    plain, packed = write(tmp_path / "x.txt", content), write(tmp_path / "x.txt.gz", gzip.compress(content))
    of_plain, of_packed = (read_text("en", str(path), place=DataSources(offline=True)) for path in (plain, packed))
    assert [part.fingerprint for part in of_packed] == [part.fingerprint for part in of_plain]


def no_folder(path: Path) -> None:
    path.mkdir()


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(("make", "what"), [(os.mkfifo, "named pipe"), (no_folder, "folder"), (device, "device")])
@pytest.mark.parametrize("name", ["x.txt", "x.jsonl", "x.csv", "x.parquet", "x.tsv"])
def test_what_is_no_regular_file_is_refused_and_not_waited_for(
    tmp_path: Path, make: Callable[[Path], None], what: str, name: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(DataError, match=rf"{name} cannot be read: it is a {what}, not a regular file"):
        open_table(tmp_path / name)


@pytest.mark.parametrize("make", [os.mkfifo, no_folder, device])
def test_text_and_labels_that_are_no_regular_files_are_refused(
    tmp_path: Path, make: Callable[[Path], None], mirror: Any
) -> None:
    make(tmp_path / "x.txt")
    with pytest.raises(DataError, match="not a regular file"):
        read_text("en", str(tmp_path / "x.txt"), place=DataSources(offline=True))
    write(mirror.root / "ccg/ccg.train", b"a\tN\n")
    make(mirror.root / "ccg/tags_to_id.json")
    with pytest.raises(DataError, match=r"tags_to_id\.json cannot be read: it is a"):
        read(TASKS["ccg"], "en", "train", place=place(mirror.root))


@pytest.mark.parametrize("name", ["a" * 300 + ".txt", "a\0b.txt", "../" * 2000 + "x.txt"])
def test_a_name_that_no_file_can_have_is_told(name: str) -> None:
    with pytest.raises(DataError):
        read_text("en", name, place=DataSources(offline=True))


@pytest.mark.parametrize("line", ["[" * 100_000, '{"label": ' + "9" * 5000 + "}", '{"unread": ' + "[" * 100_000])
def test_json_beyond_all_bounds_is_told_with_its_row(tmp_path: Path, line: str) -> None:
    row = '{"premise": "p", "hypothesis": "h", "label": 0, "unread": [1, 2.5, NaN]}\n'
    file = write(tmp_path / "x.jsonl", f"{row}{line}\n".encode())
    rows = open_table(file).rows(("premise",))
    assert next(rows)["premise"] == "p"
    with pytest.raises(BadRow) as caught:
        next(rows)
    assert caught.value.row == 1
