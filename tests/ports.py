"""Ports for servers that tests start: `free_port`."""

from __future__ import annotations

import socket

CLUSTER_BUS = 10_000  # added to the port by a Redis in cluster mode
MAX_PORT = 65_535


def free_port() -> int:
    """Find a port that nobody listens on, with room above it for that of a cluster's bus."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port: int = probe.getsockname()[1]
        if port + CLUSTER_BUS <= MAX_PORT:
            return port
