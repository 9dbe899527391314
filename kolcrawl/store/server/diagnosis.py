"""Why the embedded server on a data folder may not answer or start, in words."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING, Final

from kolcrawl.locale import Message

if TYPE_CHECKING:
    from pathlib import Path

LOG_FILE: Final = "server.log"
"""The server's log, in its data folder."""
_MIN_FREE_BYTES: Final = 5_000_000  # below, a server cannot even start its journal


def diagnosis(data_dir: Path) -> Message:
    """Return why the server on a data folder may not answer, and where to look: for the end of an error's text."""
    with contextlib.suppress(OSError):
        if (free := shutil.disk_usage(data_dir).free) < _MIN_FREE_BYTES:
            return Message("the disk of {folder} is full ({n:.1f} MB free): make room", folder=data_dir, n=free / 1e6)
    return Message("see {log}", log=data_dir / LOG_FILE)


def why_not_started(output: str, code: int, data_dir: Path) -> Message:
    """Return why a server ended as soon as it was started.

    Args:
        output: the end of its log.
        code: its exit code.
        data_dir: its folder.
    """
    if "Device or resource busy" in output:
        return Message(
            "the data in {data_dir} is open in another program, which kolcrawl did not start:"
            " end it or choose another KOLCRAWL_DATA_DIR",
            data_dir=data_dir,
        )
    last = [line[:200] for line in output.strip().splitlines()[-1:]] or [Message("without a word")]
    return Message(
        "the embedded database ended at once (code {code}): {last}; {where}",
        code=code,
        last=last[0],
        where=diagnosis(data_dir),
    )
