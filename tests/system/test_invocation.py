"""Messages name commands as whoever started the process types them."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from typing import TYPE_CHECKING

from kolcrawl.system.invocation import as_typed, install_line

if TYPE_CHECKING:
    import pytest

TYPED = {
    "  .venv/bin/scrapy story -s MONGO_DATABASE=affair 'http://a.example/1'": (
        "  kolcrawl story --database affair 'http://a.example/1'"
    ),
    "64 depth: one step further: -a depth=3": "64 depth: one step further: --depth 3",
    "raise it: -a max_pages_per_site=20": "raise it: --max-pages-per-site 20",
    "scrapy crawl related -a url=https://... -a kinds=related": "kolcrawl crawl https://... --kinds related",
    "older schema 1: run `scrapy migrate` first": "older schema 1: run `kolcrawl migrate` first",
    "try again later (-s DOWNLOAD_TIMEOUT=90)": "try again later (-s DOWNLOAD_TIMEOUT=90)",
    "Scrapy's own log": "Scrapy's own log",
}
CODE = """import sys
from kolcrawl.system.invocation import as_typed, note_console
note_console()
print("\\n".join(map(as_typed, {!r})))
print("run `scrapy migrate`", file=sys.stderr)
"""


def test_a_scrapy_command_is_left_alone() -> None:
    """In a checkout, messages stay as they are."""
    assert [as_typed(text) for text in TYPED] == list(TYPED)


def test_commands_of_the_console() -> None:
    """Started as `kolcrawl`, commands, arguments and settings become those that it takes."""
    code = CODE.format(list(TYPED))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines() == list(TYPED.values())
    assert done.stderr == "run `kolcrawl migrate`\n"


def test_arguments_of_a_crawl_that_make_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """They become the words of `make crawl`; whole commands stay, and so does what no word can hold."""
    typed = {
        "5 depth: one step further: -a depth=3": "5 depth: one step further: DEPTH=3",
        "9 pages were asked for: -a max_pages=16": "9 pages were asked for: PAGES=16",
        "such as -a about='Qionglan A-He'": "such as ABOUT='Qionglan A-He'",
        "可用 -a kinds=related,popular，再爬": "可用 ARGS='-a kinds=related,popular'，再爬",
        "try -s DOWNLOAD_DELAY=5, or wait": "try ARGS='-s DOWNLOAD_DELAY=5', or wait",
        "-s CONTACT=mailto:you@example.org tells them": "ARGS='-s CONTACT=mailto:you@example.org' tells them",
        "-a depth=3\n  scrapy crawl x -a depth=3": "DEPTH=3\n  scrapy crawl x -a depth=3",
        "-a exclude='a b'": "-a exclude='a b'",
    }
    monkeypatch.setenv("KOLCRAWL_BY_MAKE", "1")
    assert list(map(as_typed, typed)) == list(typed.values())


def test_the_line_that_installs_an_extra() -> None:
    """It names this Python and the packages themselves, so that it works wherever kolcrawl was installed from."""
    line = install_line("view")
    assert line.startswith(f'{sys.executable} -m pip install "starlette>=')
    assert ' "uvicorn>=' in line
    assert "kolcrawl" not in line.removeprefix(sys.executable)


def test_where_there_is_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that uv made is changed by uv; one that `uvx` made for a call is asked for anew."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "executable", "/a home/bin/python")
    assert install_line("embedded").startswith('uv pip install --python "/a home/bin/python" "SecantusDB==')
    for prefix in ("/root/.cache/uv/archive-v0/1_lC_p", r"C:\Users\a\AppData\Local\uv\cache\archive-v0\1_lC_p"):
        monkeypatch.setattr(sys, "prefix", prefix)
        assert re.match('uvx --with "SecantusDB==[^"]+" --from ', install_line("embedded"))
