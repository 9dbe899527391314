"""Ctrl-C while a command is still being loaded: one line, and the exit code of a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kolcrawl.system.interrupts import is_command, quiet_interrupts

ROOT = Path(__file__).parents[2]
# Each stands for a module that is being loaded when the signal comes.
SCRAPY = "raise KeyboardInterrupt\n"
SETTINGS = "from kolcrawl.settings import *\nraise KeyboardInterrupt\n"


@pytest.mark.parametrize(
    ("command", "module", "text"), [("kolcrawl", "scrapy", SCRAPY), ("scrapy", "slow_settings", SETTINGS)]
)
def test_ctrl_c_while_loading(command: str, module: str, text: str, tmp_path: Path) -> None:
    """`kolcrawl` while it loads Scrapy, and `scrapy` from the project's settings on, say that they were stopped."""
    (tmp_path / f"{module}.py").write_text(text)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}", "SCRAPY_SETTINGS_MODULE": "slow_settings"}
    answer = subprocess.run(
        [sys.executable, "-m", command, "crawls"],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (answer.stdout, answer.stderr) == ("", "stopped by Ctrl-C\n")
    assert answer.returncode == -signal.SIGINT


def test_ctrl_c_is_told_in_the_language_of_the_locale(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is said of a Ctrl-C is in Chinese where that is asked for."""
    monkeypatch.setattr(sys, "argv", ["scrapy"])
    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setenv("KOLCRAWL_LANG", "zh")
    quiet_interrupts()
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert capsys.readouterr().err == "已由 Ctrl-C 停止\n"


def test_other_programs_keep_their_traceback() -> None:
    """Only the commands `scrapy` and `kolcrawl` are quiet; a program that loads the settings is not ours to silence."""
    ours = ("/a/bin/scrapy", "kolcrawl.exe", "/lib/scrapy/__main__.py", "/lib/kolcrawl/__main__.py")
    assert all(map(is_command, ours))
    assert not any(map(is_command, ("", "-c", "/a/mine.py", "/a/bin/scrapyd", "/lib/pytest/__main__.py")))
