"""Standard output of commands: neither a reader that stops reading (`| head`) nor a poor terminal is an error."""

from __future__ import annotations

import io
import os
import sys


def discard_stdout() -> None:
    """Discard whatever is still printed, the interpreter's last flush included."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def replace_unprintable() -> None:
    """Print a question mark for each character that the terminal's encoding lacks, instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
