"""Parquet: metadata say what labels mean and nothing else, and a small file cannot fill time or memory."""

import json
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from madx_stilts.data import parquet as columnar
from madx_stilts.data.parquet import ParquetTable, class_names
from madx_stilts.data.read import read
from madx_stilts.data.sample import MOST, sample
from madx_stilts.data.sources import DataSources
from madx_stilts.errors import DataError
from madx_stilts.tasks import TASKS
from madx_stilts.tasks.fields import BadRow
from madx_stilts.tasks.sizes import published_rows

XNLI = TASKS["xnli"]
ROWS = [{"premise": "p", "hypothesis": "h", "label": label, "other": [[1.5]], "seq": [1]} for label in (0, 2)]
NAMES = ["a", "b"]
LABEL = {"names": NAMES, "_type": "ClassLabel"}
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.text(max_size=4)
    | st.sampled_from(["ClassLabel", "names", "Sequence"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["feature", "names", "_type", "dtype", "info", "features"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)
FEATURE = JSON | st.sampled_from(
    [
        *([["x"]], [{"dtype": "string"}], [[{"dtype": "float32", "_type": "Value"}]], {"feature": [{"x": 1}]}, {}, []),
        *({"feature": {"dtype": "int32"}, "length": 1, "_type": "Sequence"}, {"names": [1], "_type": "ClassLabel"}),
    ]
)


def write(file: Path, metadata: dict[bytes, bytes], rows: Any = ROWS) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pylist(rows) if isinstance(rows, list) else rows
    pq.write_table(table.replace_schema_metadata(metadata), file)
    return file


def metadata(features: object) -> dict[bytes, bytes]:
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


@patient
@given(st.dictionaries(st.sampled_from(["premise", "other", "seq", "nowhere"]), FEATURE))
def test_metadata_of_other_columns_change_nothing(tmp_path: Path, features: dict[str, object]) -> None:
    label = {"label": {"names": ["contradiction", "neutral", "entailment"], "_type": "ClassLabel"}}
    write(tmp_path / "facebook/xnli/en/test.parquet", metadata(features | label))
    examples = read(XNLI, "en", "test", place=DataSources((tmp_path,), offline=True, cache=tmp_path))
    assert [one.label for one in examples.items] == ["contradiction", "entailment"]


@patient
@given(st.one_of(JSON.map(lambda value: json.dumps(value).encode()), st.binary()))
def test_metadata_that_are_malformed_never_change_the_rows(tmp_path: Path, content: bytes) -> None:
    table = ParquetTable(write(tmp_path / "x.parquet", {b"huggingface": content}))
    assert list(table.rows(table.columns)) == ROWS
    assert all(isinstance(name, str) for names in table.class_names.values() for name in names)


@pytest.mark.parametrize("content", [b"[" * 100_000, b'{"info": ' + b"9" * 5000 + b"}", b"\xff\xfe{", b'{"info": NaN}'])
def test_metadata_beyond_all_bounds_say_nothing(content: bytes) -> None:
    assert class_names({b"huggingface": content}) == {}


@pytest.mark.parametrize(
    "feature",
    [
        LABEL,
        [LABEL],
        {"feature": LABEL, "_type": "List"},
        {"feature": LABEL, "length": -1, "_type": "Sequence"},
    ],
)
def test_class_labels_and_lists_of_them_are_known_in_every_form(feature: object) -> None:
    assert class_names(metadata({"label": feature, "other": [["x"]]})) == {"label": tuple(NAMES)}


def test_a_column_that_is_there_twice_is_refused_where_it_is_needed(tmp_path: Path) -> None:
    file = tmp_path / "facebook/xnli/en/test.tsv"
    file.parent.mkdir(parents=True)
    place = DataSources((tmp_path,), offline=True, cache=tmp_path)
    file.write_text("premise\thypothesis\tlabel\tx\tx\na\tb\tneutral\t1\t2\n")
    assert len(read(XNLI, "en", "test", place=place)) == 1
    file.write_text("premise\thypothesis\tlabel\tpremise\na\tb\tneutral\tc\n")
    with pytest.raises(DataError, match="has the column premise twice"):
        read(XNLI, "en", "test", place=place)


def test_a_small_sample_of_endless_rows_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("madx_stilts.data.sample.MOST", 1000)
    touched = 0

    def endless() -> Any:
        nonlocal touched
        while True:
            yield touched, touched
            touched += 1

    chosen = sample(endless(), 12)
    assert touched <= 1000
    assert chosen == sample(((number, number) for number in range(1000)), 12)


def test_no_task_has_more_rows_than_a_sample_is_drawn_from() -> None:
    counts = [published_rows(task, "train", "en") or 0 for task in TASKS]
    assert max(*counts, 549_367 + 392_702 + 162_865) < MOST


def equal_rows(count: int) -> Any:
    return pa.table({"premise": ["p"] * count, "hypothesis": ["h"] * count, "label": [0] * count})


def test_a_file_that_repeats_a_row_without_end_is_refused_after_a_bound(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "x.parquet", {}, equal_rows(100_000))
    assert file.stat().st_size < 10_000
    monkeypatch.setattr(columnar, "ROWS_AT_LEAST", 10_000)
    rows = ParquetTable(file).rows(("premise",))
    assert len(list(islice(rows, 10_000))) == 10_000
    with pytest.raises(DataError, match=r"x\.parquet gives more than [\d,]+ rows out of [\d,]+ bytes"):
        list(islice(rows, 2 * columnar.BATCH))


def test_rows_that_differ_may_be_any_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "ROWS_AT_LEAST", 100)
    texts = [f"text {number} {number * 7919}" for number in range(9000)]
    table = ParquetTable(write(tmp_path / "x.parquet", {}, pa.table({"premise": texts})))
    assert [row["premise"] for row in table.rows(("premise",))] == texts


@pytest.mark.parametrize("as_categories", [True, False])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd", "gzip"])
def test_a_long_text_that_many_rows_refer_to_is_not_unpacked_for_all_of_them_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_categories: bool, compression: str
) -> None:
    text = "x" * 1_000_000
    table = pa.table({"premise": pa.DictionaryArray.from_arrays(pa.array([0] * 300, pa.int32()), [text])})
    file = tmp_path / "x.parquet"
    pq.write_table(table, file, store_schema=as_categories, compression=compression)
    monkeypatch.setattr(columnar, "BATCH_BYTES", 10_000_000)
    sizes = [batch.num_rows for _, batch in ParquetTable(file)._batches(("premise",))]
    assert sum(sizes) == 300
    assert max(sizes) * len(text) <= 10_000_000


def test_a_row_larger_than_any_text_is_told_with_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columnar, "LONGEST", 10_000)
    texts = [*(f"text {number}" for number in range(4000)), "x" * 20_000]
    table = ParquetTable(write(tmp_path / "x.parquet", {}, pa.table({"premise": texts})))
    with pytest.raises(BadRow, match="more than 10,000 bytes") as caught:
        list(table.rows(("premise",)))
    assert caught.value.row == 4000


def test_categories_are_read_as_their_values_and_counted_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar, "LONGEST", 1000)
    texts = [f"text {number}" for number in range(500)]
    table = ParquetTable(write(tmp_path / "x.parquet", {}, pa.table({"premise": pa.array(texts).dictionary_encode()})))
    assert [row["premise"] for row in table.rows(("premise",))] == texts


def test_a_value_that_python_does_not_have_is_told_with_its_row(tmp_path: Path) -> None:
    years = pa.array([0, 2**60], pa.timestamp("ms"))
    table = ParquetTable(write(tmp_path / "x.parquet", {}, pa.table({"when": years})))
    with pytest.raises(BadRow) as caught:
        list(table.rows(("when",)))
    assert caught.value.row == 1
