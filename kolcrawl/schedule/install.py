"""How a machine runs the schedules: by a crontab line, or by systemd units.

Both run one tick a minute. The journal knows what is due, so no process has to stay, and a machine that was off goes
on where it stopped.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from kolcrawl.errors import ConfigError
from kolcrawl.locale import os_reason
from kolcrawl.system.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UNIT_NAME = "kolcrawl-schedule"


def crontab_line(folder: Path, command: Sequence[str]) -> str:
    """Write a line for `crontab -e`; names and passwords come from `.env` in the folder, if there is one.

    Args:
        folder: where the project is.
        command: the command of one tick, with absolute paths.
    """
    run = f"cd {shlex.quote(str(folder))} && if [ -r .env ]; then set -a; . ./.env; set +a; fi; {shlex.join(command)}"
    return f"* * * * * {run.replace('%', chr(92) + '%')}\n"  # cron reads a bare % as the end of the line


def systemd_units(folder: Path, command: Sequence[str], user: str) -> dict[str, str]:
    """Write the text of a service and its timer.

    Returns: the texts by file name.

    Raises:
        ConfigError: a path cannot stand in a unit.
    """
    for part in (str(folder), *command):
        if any(c in part for c in "\n\"'\\"):
            raise ConfigError(
                "{part!r} cannot stand in a systemd unit: use a path without quotes and backslashes", part=part
            )
    quoted = " ".join('"' + part.replace("%", "%%").replace("$", "$$") + '"' for part in command)
    directory = str(folder).replace("%", "%%")
    service = f"""[Unit]
Description=Start the crawls of kolcrawl that are due
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User={user}
WorkingDirectory={directory}
EnvironmentFile=-{directory}/.env
ExecStart={quoted}
TimeoutStartSec=5min
"""
    timer = """[Unit]
Description=Check every minute which crawls of kolcrawl are due

[Timer]
OnCalendar=minutely
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
    return {f"{UNIT_NAME}.service": service, f"{UNIT_NAME}.timer": timer}


def write_units(units: dict[str, str], folder: Path) -> list[Path]:
    """Write systemd units to a folder.

    Returns: their files.

    Raises:
        ConfigError: one cannot be written.
    """
    files = []
    for name, text in units.items():
        file = folder / name
        try:
            write_atomically(file, text.encode())
        except OSError as error:
            raise ConfigError("{file}: cannot be written ({strerror})", file=file, strerror=os_reason(error)) from None
        files.append(file)
    return files
