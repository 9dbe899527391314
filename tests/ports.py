"""Ports for servers that tests start: `free_port`."""

from __future__ import annotations

import os
import socket
from itertools import count

CLUSTER_BUS = 10_000  # added to the port by a Redis in cluster mode
FIRST, LAST = 11_000, 21_999  # with the bus below 32768, from where systems hand out ports that nobody asked for
_turns = count(os.getpid() * 97)  # two test processes begin far from each other


def free_port() -> int:
    """Find a port that nobody listens on, nor on that of a cluster's bus above it.

    The system gives it to nobody else meanwhile, and this process not again for long: it is free when the server comes.
    """
    while True:
        port = FIRST + next(_turns) % (LAST - FIRST + 1)
        try:
            for number in (port, port + CLUSTER_BUS):
                with socket.create_server(("127.0.0.1", number)):
                    pass
        except OSError:
            continue
        return port
