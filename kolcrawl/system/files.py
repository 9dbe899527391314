"""Files that are written whole or not at all: under a temporary name first, then renamed."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees either the former content or the whole new one.

    Raises:
        OSError: the file cannot be written; the former one is as it was.
    """
    with replacing([path]) as (file,):
        file.write(content)


@contextmanager
def replacing(paths: Sequence[Path]) -> Iterator[list[BinaryIO]]:
    """Open files that appear under their names together when the block ends, and not at all after an error.

    Folders that are missing are created. Each file is on the disk before any is renamed.

    Raises:
        OSError: a file cannot be written.
    """
    drafts: list[tuple[Path, Path]] = []
    try:
        with ExitStack() as stack:
            files: list[BinaryIO] = []
            for path in paths:
                path.parent.mkdir(parents=True, exist_ok=True)
                draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
                drafts.append((draft, path))
                files.append(stack.enter_context(draft.open("xb")))
            yield files
            for file in files:
                file.flush()
                os.fsync(file.fileno())
        for draft, path in drafts:
            draft.replace(path)
    finally:
        for draft, _ in drafts:
            with suppress(OSError):
                draft.unlink()
