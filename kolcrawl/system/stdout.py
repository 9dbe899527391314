"""Standard output of commands: a reader that stops reading (`| head`) is not an error."""

from __future__ import annotations

import os
import sys


def discard_stdout() -> None:
    """Discard whatever is still printed, the interpreter's last flush included."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
