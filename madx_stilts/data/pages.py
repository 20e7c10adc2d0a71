"""How large a text may be that the rows of a parquet file share: pyarrow does not say it before it has unpacked them.

Format: parquet.apache.org/docs/file-format/data-pages, with headers in Thrift's compact protocol.
"""

from typing import Any, BinaryIO, Final

_INT32: Final = 0x15
"""The next field of a struct, an integer."""
_LONGEST_HEADER: Final = 32


def shared_bytes(file: BinaryIO, chunk: Any) -> int:
    """Bytes that one value of a column chunk may have although the chunk stores it once for many rows.

    Args:
        chunk: pyarrow's `ColumnChunkMetaData`.
    """
    if "DELTA_BYTE_ARRAY" in chunk.encodings:  # a value may be the whole one before it, and a letter
        return int(chunk.total_uncompressed_size)
    if not chunk.has_dictionary_page:
        return 0
    file.seek(max(0, chunk.dictionary_page_offset))
    size = _unpacked_size(file.read(_LONGEST_HEADER))
    return int(chunk.total_uncompressed_size) if size is None else size


def _unpacked_size(header: bytes) -> int | None:
    """The size that a page's header gives it: its second field, after its type. None: it is no such header."""
    values: list[int] = []
    at = 0
    while len(values) < 2:
        if header[at : at + 1] != bytes([_INT32]):
            return None
        value, shift, at = 0, 0, at + 1
        while at < len(header):
            value |= (header[at] & 0x7F) << shift
            shift += 7
            at += 1
            if header[at - 1] < 0x80:
                break
        values.append(value >> 1)
    return values[1]
