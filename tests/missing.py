"""What becomes of a test whose tool is not on the machine."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def skip_without(tool: str) -> NoReturn:
    """Skip a test, or fail it where `.ci/run` has installed what it needs.

    Args:
        tool: what is missing, and how it is installed.
    """
    if "TOOLS_ARE_THERE" in os.environ:
        pytest.fail(f"{tool} is not installed, though .ci/run installs it")
    pytest.skip(f"{tool} is not installed")
