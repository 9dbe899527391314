"""What makes a machine look after the schedules: a crontab line, or systemd units. Pure: text from paths.

Both run one tick a minute. The journal knows what is due, so neither needs a process that stays, and a machine that
was off goes on where it stopped.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from kolcrawl.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

NAME = "kolcrawl-schedule"


def crontab(folder: Path, command: Sequence[str]) -> str:
    """A line for `crontab -e`; names and passwords come from `.env` in the folder, if there is one.

    Args:
        folder: where the project is.
        command: of one tick, with absolute paths.
    """
    run = f"cd {shlex.quote(str(folder))} && if [ -r .env ]; then set -a; . ./.env; set +a; fi; {shlex.join(command)}"
    return f"* * * * * {run.replace('%', chr(92) + '%')}\n"  # cron reads a bare % as the end of the line


def systemd(folder: Path, command: Sequence[str], user: str) -> dict[str, str]:
    """The text of a service and its timer, by file name.

    Raises:
        ConfigError: a path cannot stand in a unit.
    """
    for part in (str(folder), *command):
        if any(c in part for c in "\n\"'\\"):
            raise ConfigError(f"{part!r} cannot stand in a systemd unit: use a path without quotes and backslashes")
    quoted = " ".join('"' + part.replace("%", "%%").replace("$", "$$") + '"' for part in command)
    where = str(folder).replace("%", "%%")
    service = f"""[Unit]
Description=Start the crawls of kolcrawl that are due
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
User={user}
WorkingDirectory={where}
EnvironmentFile=-{where}/.env
ExecStart={quoted}
TimeoutStartSec=5min
"""
    timer = """[Unit]
Description=Look every minute which crawls of kolcrawl are due

[Timer]
OnCalendar=minutely
AccuracySec=1s

[Install]
WantedBy=timers.target
"""
    return {f"{NAME}.service": service, f"{NAME}.timer": timer}
