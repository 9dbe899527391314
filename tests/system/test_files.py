"""Files that are written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kolcrawl.system.files import replacing, write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def test_an_error_leaves_the_former_files(tmp_path: Path) -> None:
    """Two files are being replaced when an error comes: both hold what they held before, and no draft is left."""
    for name in ("a", "b"):
        write_atomically(tmp_path / name, b"former")
    with pytest.raises(ZeroDivisionError), replacing([tmp_path / "a", tmp_path / "b"]) as files:
        files[0].write(bytes(1 // 0))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"former", "b": b"former"}


def test_files_appear_together(tmp_path: Path) -> None:
    """While they are written neither file is there under its name; afterwards both are, in a folder made for them."""
    paths = [tmp_path / "new" / "a", tmp_path / "new" / "b"]
    with replacing(paths) as files:
        for file in files:
            file.write(b"whole")
        assert not any(path.exists() for path in paths)
    assert [path.read_bytes() for path in paths] == [b"whole", b"whole"]
    assert len([*(tmp_path / "new").iterdir()]) == 2
