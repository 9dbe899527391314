"""Calls to the user's own services: bounded in time, without a secret in an error."""

from __future__ import annotations

import contextlib
import socket
import threading

import pytest

from kolcrawl.system.http_client import ServiceError, call


def test_no_secret_in_an_error_of_the_library() -> None:
    """An address that cannot be requested, which http.client quotes whole, is not shown."""
    with pytest.raises(ServiceError) as error:
        call("http://127.0.0.1:9/hooks/T0K3N x")
    assert str(error.value) == "http://127.0.0.1:9 does not answer (InvalidURL)"


def test_an_answer_that_trickles_is_abandoned() -> None:
    """A service that sends a byte now and then, each within the timeout, does not hold a call until its last byte."""
    stop = threading.Event()
    sent = 0
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle() -> None:
            nonlocal sent
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.recv(9999)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n")
                while sent < 300 and not stop.wait(0.1):
                    connection.sendall(b".")
                    sent += 1

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        with pytest.raises(ServiceError, match="timed out"):
            call(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.5)
        stop.set()
        thread.join(10)
    assert 0 < sent < 300
