"""One line for a Ctrl-C that nobody handles, and no traceback: mostly while a command is still being loaded."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

COMMANDS = ("scrapy", "kolcrawl")


def quiet_interrupts() -> None:
    """Print one line for a Ctrl-C from here on, where this process is a command of ours; do nothing in any other.

    The process still ends by the signal, which a shell shows as exit code 130.
    """
    if is_command(sys.argv[0]) and sys.excepthook is sys.__excepthook__:
        sys.excepthook = _print_interrupt
        # loaded now: a module that runs code from a text within the hook makes Python forget which signal it was
        import kolcrawl.locale  # noqa: F401


def is_command(program: str) -> bool:
    """Tell whether a program's name is that of `scrapy` or `kolcrawl`, also where Python runs them by `-m`."""
    path = Path(program)
    return path.stem in COMMANDS or (path.name == "__main__.py" and path.parent.name in COMMANDS) or program == "-m"


def _print_interrupt(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        from kolcrawl.locale import tr  # not at the top: this module is loaded before all others

        sys.stderr.write(tr("stopped by Ctrl-C") + "\n")
    else:
        sys.__excepthook__(kind, error, trace)
