"""Run the server: on loopback, on a free port, until Ctrl-C."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import threading
import webbrowser
from typing import TYPE_CHECKING

from kolcrawl.errors import UnmetArgumentError
from kolcrawl.locale import os_reason

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kolcrawl.network import Network

DEFAULT_PORT = 8765
PORTS_TRIED = 20
"""Ports that are tried from the default one on."""


def serve_network(
    network: Network,
    host: str = "127.0.0.1",
    port: int | None = None,
    *,
    cache: Path | None = None,
    reopen: Callable[[], Network | None] | None = None,
    show: Callable[[str], None] = print,
    browser: bool = True,
) -> None:
    """Serve a network until interrupted.

    Args:
        network: where from.
        host: address to listen on; beyond loopback, a token is asked for.
        port: None for the first free one from `DEFAULT_PORT` on.
        cache: folder in which rows and maps are kept, so that the next start is quick; None keeps nothing.
        reopen: opens the network again where its server has another address now; None where it cannot.
        show: told the address of the page.
        browser: open the page in the browser.

    Raises:
        UnmetArgumentError: the address cannot be listened on.
    """
    import uvicorn

    from kolcrawl.view.api import application
    from kolcrawl.view.library import Library
    from kolcrawl.view.request_guard import RequestGuard

    listener = listen(host, port)
    port = listener.getsockname()[1]
    token = None if is_loopback(host) else secrets.token_urlsafe(24)
    address = page_address(host, port, token)
    library = Library(network, cache, reopen)
    threading.Thread(target=library.start, daemon=True).start()  # while the browser starts
    app = RequestGuard(application(library), port, token)
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    server = uvicorn.Server(config)
    show(address)
    if browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()
    with listener:
        server.run(sockets=[listener])


def listen(host: str, port: int | None) -> socket.socket:
    """Listen on an address.

    Raises:
        UnmetArgumentError: it cannot be had.
    """
    ports = [port] if port is not None else [*range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED), 0]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    reason: object = ""
    for tried in ports:
        try:
            return socket.create_server((host, tried), family=family)
        except (OSError, OverflowError) as error:
            reason = os_reason(error) if isinstance(error, OSError) else error
    raise UnmetArgumentError(
        "cannot listen on {host} port {ports} ({reason}): give another --port or --host",
        host=host,
        ports=ports[0],
        reason=reason,
    )


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def page_address(host: str, port: int, token: str | None) -> str:
    """Return the address of the page."""
    name = f"[{host}]" if ":" in host else host
    if host in ("0.0.0.0", "::"):  # noqa: S104  # shown, not bound
        name = socket.gethostname()
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
