"""The command `kolcrawl`: the commands of the project without a Scrapy project around them. Entry point: `main`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.system.interrupts import quiet_interrupts

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    Args:
        argv: the words behind `kolcrawl`; None for those of the process.

    Returns: the exit code.
    """
    quiet_interrupts()
    from kolcrawl.console.run_console import run_words  # loads Scrapy, which takes the time of a Ctrl-C

    return run_words(argv)
