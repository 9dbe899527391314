"""docs/settings.md and its Chinese are as kolcrawl/settings.py makes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_settings_are_documented() -> None:
    """Every setting stands in both documents with type, default, readers and reason; what is out of date is named."""
    done = subprocess.run(
        [sys.executable, "docs/make_settings.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
