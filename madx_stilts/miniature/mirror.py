"""Writes tables and files as the hub has them: parquet with the names of labels in it, and a README that lists them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from madx_stilts.files import canonical_json

Row = Mapping[str, object]
Labels = Mapping[str, Sequence[str]]
"""Names of the labels of each label column."""

_README = """\
---
pretty_name: {name}, in the miniature
configs:
{configs}
---
# {name}, in the miniature

Text of a constructed world in constructed languages, in the form of the data set of this name. It is nobody's real
data, and no score on it can be compared with a score on the real ones.
"""


class Mirror:
    """A folder in hub layout that is being filled.

    Args:
        root: An empty folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._configs: dict[str, dict[str, list[str]]] = {}

    def table(self, path: str, config: str, split: str, rows: Sequence[Row], labels: Labels | None = None) -> None:
        """Write one split of a configuration.

        Args:
            labels: For columns of labels, which hold integers or lists of them, the names of these.
        """
        self._configs.setdefault(path, {}).setdefault(config, []).append(split)
        table = pa.Table.from_pylist(list(rows))
        features = {field.name: _feature(field.type, (labels or {}).get(field.name)) for field in table.schema}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
        file = self._root / path / config / f"{split}-00000-of-00001.parquet"
        file.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, file, compression="snappy", version="2.6")

    def file(self, name: str, content: str) -> None:
        """Write a text file."""
        file = self._root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8", newline="\n")

    def json(self, name: str, value: object) -> None:
        """Write a JSON file."""
        self.file(name, canonical_json(value) + "\n")

    def lines(self, name: str, lines: Sequence[str]) -> None:
        """Write a text file of these lines."""
        self.file(name, "".join(f"{line}\n" for line in lines))

    def describe(self) -> None:
        """Write the README of every data set that has tables."""
        for path, configs in self._configs.items():
            lines: list[str] = []
            for config, splits in configs.items():
                lines += [f"- config_name: {config}", "  data_files:"]
                for split in splits:
                    lines += [f"  - split: {split}", f"    path: {config}/{split}-00000-of-00001.parquet"]
            self.file(f"{path}/README.md", _README.format(name=path, configs="\n".join(lines)))


def _feature(kind: pa.DataType, names: Sequence[str] | None) -> Mapping[str, object]:
    """How `datasets` describes a column in the schema of a parquet file."""
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type, names), "_type": "List"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type, None) for field in kind}
    if names is not None:
        return {"names": list(names), "_type": "ClassLabel"}
    return {"dtype": str(kind), "_type": "Value"}
