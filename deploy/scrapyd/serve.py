"""Runs Scrapyd in a container, whose end is that of its first process: told to stop, it lets the jobs store first.

Scrapyd leaves its jobs alone when it is stopped itself. systemd tells them through the control group; a container would
kill them in the middle of a write. So the signal goes to all, and the end waits for the last of them.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36  # prctl(2): jobs whose Scrapyd is gone become our children, also where we are not process 1


def main() -> int:
    """Run Scrapyd, and return its exit code."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def stop(*_given: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # a second signal would have the jobs drop what they hold
        os.kill(0, signal.SIGTERM)  # the process group: Scrapyd and its jobs

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    scrapyd = os.spawnlp(os.P_NOWAIT, "scrapyd", "scrapyd", "--nodaemon", "--pidfile=")  # noqa: S606 - as the image has it
    code = 0
    while True:
        try:
            child, status = os.wait()
        except ChildProcessError:
            return code
        if child == scrapyd:
            code = abs(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    sys.exit(main())
