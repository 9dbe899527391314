"""How the program was started: as `scrapy ...` or `make crawl` in a project, or as `kolcrawl ...` from a wheel.

Messages name commands the way Scrapy takes them. `as_typed` rewrites them for a user who types `kolcrawl`, and the
arguments of a crawl for one who typed `make crawl`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from importlib.metadata import PackageNotFoundError, requires
from typing import IO, Any, Final

_REWRITES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\bscrapy crawl sample\b", "kolcrawl sample"),
        (r"\bscrapy crawl related\b", "kolcrawl crawl"),
        (r"(?<![\w.])(?:[\w./-]*/)?scrapy (?=[a-z])", "kolcrawl "),
        (r"-a url=", ""),
        (r"-s MONGO_DATABASE=", "--database "),
        (r"-s KOLCRAWL_DATA_DIR=", "--data-dir "),
        (r"-s CONTACT=", "--contact "),
    )
)
_ARGUMENT: Final = re.compile(r"-a ([a-z_]+)=")
_OPTION: Final = re.compile(r"(?<![\w-])-[as] (?:([a-z_]+)=('[^']*')|([A-Za-z_]+)=([\w.,:/%*+@-]*[\w.*/]))", re.ASCII)
"""An argument or setting with its value, in quotes or not."""
_MAKE_WORDS: Final = {"max_pages": "PAGES", "depth": "DEPTH", "about": "ABOUT"}
BY_MAKE: Final = "KOLCRAWL_BY_MAKE"
"""Environment variable that the Makefile sets for the crawls that it starts."""
_EXTRA: Final = re.compile(r"""\bextra *== *["']([\w-]+)["']""")
_UVX: Final = re.compile(r"[/\\]uv[/\\](?:.*[/\\])?(?:archive|environments)-v\d+[/\\]")
"""Folder of an environment that `uvx` made for one call."""
_by_console = False


def note_console() -> None:
    """Note that this process was started by the command `kolcrawl`, and have its messages say so."""
    global _by_console  # noqa: PLW0603  a fact about the process
    _by_console = True
    sys.stderr = TypedStream(sys.stderr)


def is_console() -> bool:
    """Tell whether this process was started by the command `kolcrawl`."""
    return _by_console


def as_typed(text: str) -> str:
    """Rewrite the commands that a message names, for whoever started this process."""
    if os.environ.get(BY_MAKE) and not _by_console:
        return "\n".join(line if "scrapy" in line else _OPTION.sub(_word_of_make, line) for line in text.split("\n"))
    if not _by_console or ("scrapy" not in text and "-a " not in text and "-s " not in text):
        return text
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return _ARGUMENT.sub(lambda found: f"--{found[1].replace('_', '-')} ", text)


def _word_of_make(found: re.Match[str]) -> str:
    """Write an option as `make crawl` takes it: a word of its own, else among ARGS."""
    name, value = (found[1], found[2]) if found[1] else (found[3], found[4])
    if word := _MAKE_WORDS.get(name):
        return f"{word}={value}"
    return found[0] if found[1] else f"ARGS='{found[0]}'"


class TypedStream:
    """A stream for messages, whose text is rewritten by `as_typed`; everything else is the stream's own."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text."""
        return self._stream.write(as_typed(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def install_line(extra: str) -> str:
    """Return a command that installs the packages of an extra into this environment, wherever kolcrawl came from.

    Environments that uv makes have no pip, and one of `uvx` is not to be changed: it is asked for anew. Double quotes
    mean the same to the shells of Windows.
    """
    try:
        named = [line for line in requires("kolcrawl") or () if (found := _EXTRA.search(line)) and found[1] == extra]
    except PackageNotFoundError:  # from an egg
        named = []
    packages = [f'"{line.partition(";")[0].strip()}"' for line in named] or [f'"kolcrawl[{extra}]"']
    python = f'"{sys.executable}"' if " " in sys.executable else sys.executable
    if importlib.util.find_spec("pip"):
        return f"{python} -m pip install {' '.join(packages)}"
    if _UVX.search(sys.prefix):
        return f"uvx {' '.join(f'--with {package}' for package in packages)} --from WHEEL kolcrawl"
    return f"uv pip install --python {python} {' '.join(packages)}"
