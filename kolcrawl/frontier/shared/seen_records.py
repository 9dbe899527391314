"""How Redis keeps what was asked for: `name_string`, `read_depth`. Pure; `common.lua` writes it.

131,072 strings of records, each ten bytes of a fingerprint, whose others name the string, and one byte: twice the
depth, and one more if the story was read. So a URL takes eleven bytes, and one plain MGET tells of all links of a page.
"""

from __future__ import annotations

RECORD_BYTES = 11
_NAME_BYTES = 2


def name_string(prefix: bytes, fp: bytes) -> bytes:
    """Return the key of the string that has the record of a fingerprint.

    Args:
        prefix: of the keys of the crawl.
    """
    return prefix + (b"s:a" if fp[_NAME_BYTES] < 128 else b"s:b") + fp[:_NAME_BYTES]


def read_depth(records: bytes, fp: bytes) -> int | None:
    """Return the least depth that is recorded of a fingerprint; None if there is none."""
    name = fp[_NAME_BYTES:]
    at = records.find(name)
    while at > 0 and at % RECORD_BYTES:
        at = records.find(name, at + 1)
    return records[at + len(name)] // 2 if at >= 0 else None
