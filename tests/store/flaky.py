"""A proxy before the real server: it cuts the line for good after a number of commands (a crash at any step), or turns
the server's clock back. And a process that is killed after any write.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from pymongo import MongoClient
from pymongo.collection import Collection

if TYPE_CHECKING:
    import pytest
    from pymongo.database import Database

    from kolcrawl.store.server.client import Store


LOCAL_TIME = b"\x09localTime\0"  # a BSON date


class Proxy:
    """Lets `commands` commands on a database pass, then closes every connection and takes no more.

    The last command reaches the server, its answer does not reach the client.
    """

    def __init__(self, port: int, database: str, commands: int, behind: timedelta = timedelta()) -> None:
        self.behind = behind
        self.left, self.target, self.database = commands, port, database.encode()
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        for one in [self.listener, *self.open]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self.open += [client, server]
            threading.Thread(target=self._requests, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()

    def _requests(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                message = _message(client)
                if self.database in message:
                    with self.lock:
                        self.left -= 1
                        last = self.left <= 0
                    server.sendall(message)
                    if last:
                        _message(server)  # done, but nobody will know
                        break
                else:
                    server.sendall(message)
        self.close()

    def _answers(self, server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            while True:
                head = server.recv(16, socket.MSG_PEEK)
                if not head:
                    raise EOFError
                if self.left <= 0:
                    return
                client.sendall(self._set_back(_message(server)))

    def _set_back(self, message: bytes) -> bytes:
        """Turn the server's `localTime` back."""
        at = message.find(LOCAL_TIME) + len(LOCAL_TIME)
        if at < len(LOCAL_TIME) or not self.behind:
            return message
        (milliseconds,) = struct.unpack_from("<q", message, at)
        milliseconds -= self.behind // timedelta(milliseconds=1)
        return message[:at] + struct.pack("<q", milliseconds) + message[at + 8 :]


def _message(source: socket.socket) -> bytes:
    head = _exactly(source, 4)
    (length,) = struct.unpack("<i", head)
    return head + _exactly(source, length - 4)


def _exactly(source: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = source.recv(count - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


@contextlib.contextmanager
def cut_after(store: Store, commands: int) -> Iterator[Database[dict[str, Any]]]:
    """The store's database over a line that is cut after some commands."""
    port = store.client.address[1]  # type: ignore[index]
    proxy = Proxy(port, store.db.name, commands)
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
    client: MongoClient[dict[str, Any]] = MongoClient(
        uri, tz_aware=True, serverSelectionTimeoutMS=300, socketTimeoutMS=3000, retryWrites=False, retryReads=False
    )
    try:
        yield client[store.db.name]
    finally:
        client.close()
        proxy.close()


@contextlib.contextmanager
def clock_behind(store: Store, behind: timedelta) -> Iterator[Store]:
    """The store as if its server's clock were behind."""
    port = store.client.address[1]  # type: ignore[index]
    proxy = Proxy(port, store.db.name, commands=10**9, behind=behind)
    client: MongoClient[dict[str, Any]] = MongoClient(
        f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true", tz_aware=True
    )
    try:
        yield replace(store, client=client, db=client[store.db.name])
    finally:
        client.close()
        proxy.close()


WRITES = (
    "insert_one", "insert_many", "update_one", "update_many", "replace_one", "delete_one", "delete_many", "bulk_write"
)  # fmt: skip


class KilledError(Exception):
    """The process is dead."""


def die_after(patch: pytest.MonkeyPatch, writes: int) -> None:
    """Let this process, as far as the database sees, be killed after some writes: the last one is done."""
    left = [writes]

    def dying(write: Any) -> Any:
        def written(*arguments: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise KilledError
            answer = write(*arguments, **options)
            if left[0] == 0:
                raise KilledError
            return answer

        return written

    for name in WRITES:
        patch.setattr(Collection, name, dying(getattr(Collection, name)))
