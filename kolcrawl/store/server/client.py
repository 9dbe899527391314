"""Opening the store: the only module that creates a MongoDB client.

Entry point: `open_store`. Everything that it shows has the credentials of the URI masked. A second kind of default
server would be a second `ensure_server`; no other module would notice.
"""

from __future__ import annotations

import logging
import re
import threading
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from pymongo import MongoClient, ReadPreference
from pymongo.errors import ConfigurationError, InvalidURI, PyMongoError
from pymongo.monitoring import ConnectionPoolListener
from pymongo.read_concern import ReadConcern

from kolcrawl.errors import StoreError
from kolcrawl.locale import Message, listed, mark, tr
from kolcrawl.store.schema import check_schema_number, ensure_schema
from kolcrawl.store.server.database_name import collection_id, database_id
from kolcrawl.store.server.embedded import ServerOptions, ensure_server
from kolcrawl.store.server.failures import EMBEDDED_SOCKET_TIMEOUT, SOCKET_TIMEOUT, explain
from kolcrawl.store.server.masking import mask_text, mask_uri

if TYPE_CHECKING:
    from pathlib import Path

    from pymongo.database import Database
    from pymongo.monitoring import PoolClearedEvent

    from kolcrawl.config import Config
    from kolcrawl.store.bson_types import Document

logger = logging.getLogger(__name__)


class ConnectionBreaks(ConnectionPoolListener):
    """Counts how often the connections to the server broke: it may have been killed and started again since."""

    def __init__(self) -> None:
        self.count = 0

    def pool_cleared(self, event: PoolClearedEvent) -> None:
        """Count that all connections were dropped because one failed."""
        self.count += 1

    def _ignore(self, event: object) -> None:
        """Ignore an event."""

    pool_created = pool_ready = pool_closed = _ignore
    connection_created = connection_ready = connection_closed = _ignore
    connection_check_out_started = connection_check_out_failed = _ignore
    connection_checked_out = connection_checked_in = _ignore


_breaks: WeakKeyDictionary[MongoClient[Document], ConnectionBreaks] = WeakKeyDictionary()


def connection_breaks(client: MongoClient[Document]) -> int:
    """Return how often the connections of a client broke so far; 0 for a client that was not created here."""
    counter = _breaks.get(client)
    return counter.count if counter else 0


FILE_NOT_FOLDER = mark(
    "{path} is a file where a folder is needed: move it away, or choose another data folder with KOLCRAWL_DATA_DIR"
)
SERVER_TIMEOUT = 5.0
"""Seconds to find a server before it counts as unreachable."""
EMBEDDED_TIMEOUT = 2.0
"""The same for the embedded server, which is on this machine and is started again when it is gone."""
EMBEDDED_SILENCE = 30.0
"""Seconds that the embedded server may be silent while somebody reads or repairs: busy with a large collection, it
answers no heartbeat, and a driver that took it for gone would break off. One that is gone refuses at once."""


@dataclass(slots=True)
class Store:
    """An open database."""

    client: MongoClient[Document]
    db: Database[Document]
    uri_shown: str
    """The URI with its credentials masked: fit for a log or a terminal."""
    embedded: bool
    data_dir: Path
    """Folder of the embedded server and of the spool."""
    id: str | None = None
    """Id of the database; None where it was not prepared to be written."""
    collection: str | None = None
    """Id that the server gave to one of its collections (`collection_id`)."""
    _reviving: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def close(self) -> None:
        """Close the client's connections; the embedded server goes on for others."""
        self.client.close()

    def explain(self, error: PyMongoError) -> StoreError:
        """Return the error of the server in our words; for the embedded server with where to look."""
        return explain(error, self.uri_shown, data_dir=self.data_dir if self.embedded else None)

    def revive(self) -> None:
        """Start the embedded server again if it died; a real server is left to its owner.

        Raises:
            EmbeddedServerError: it cannot be started.
        """
        if not self.embedded:
            return
        with self._reviving:
            uri = ensure_server(self.data_dir)
            if mask_uri(uri) == self.uri_shown:
                return
            former, self.client = self.client, _client(uri, embedded=True)  # it returned on another port
            self.db = _database(self.client, self.db.name)
            self.uri_shown = mask_uri(uri)
            former.close()


def open_store(
    uri: str | None,
    database: str,
    data_dir: Path,
    *,
    prepare: bool = True,
    older: bool = False,
    options: ServerOptions | None = None,
) -> Store:
    """Connect, check that the server answers and takes the login, and create missing collections and indexes.

    Args:
        uri: MongoDB connection string; None for the embedded server on `data_dir`, which is started if need be.
        database: name of the database.
        data_dir: folder for the embedded server and for the spool.
        prepare: create collections and indexes that are missing. A reader may lack the right to; it reads from where
            the URI prefers, and does not write.
        older: take a database of an older schema as it is, for what looks after it; nothing is prepared then.
        options: of the embedded server, should it be started; None as it was run before.

    Raises:
        StoreUnavailableError: no server answers; `StoreRefusedError`: it refuses the login.
        EmbeddedServerError: the embedded server is not installed or does not start.
        StoreError: the URI, the database name or the database itself cannot be used.
    """
    if data_dir.exists() and not data_dir.is_dir():
        raise StoreError(FILE_NOT_FOLDER, path=data_dir)
    embedded = uri is None
    uri = uri or ensure_server(data_dir, options)
    shown = mask_uri(uri)
    try:
        client = _client(uri, embedded=embedded, reads=older or not prepare)
    except (InvalidURI, ConfigurationError, ValueError) as error:
        raise StoreError(
            "MONGO_URI={shown} cannot be used: {mask_text}", shown=shown, mask_text=Message(mask_text(str(error), uri))
        ) from None
    try:
        db = _database(client, database, reading=not prepare)
        if not db.write_concern.acknowledged:
            raise StoreError("MONGO_URI={shown} asks for w=0: writes would be lost unnoticed; remove w=0", shown=shown)
        client.admin.command("ping")
        name = collection = None
        if prepare and not older:
            ensure_schema(db)
            name, collection = database_id(db), collection_id(db)
        else:
            check_schema_number(db, older=older)
    except PyMongoError as error:
        client.close()
        raise explain(error, shown, uri, data_dir=data_dir if embedded else None) from None
    except StoreError:
        client.close()
        raise
    return Store(
        client=client, db=db, uri_shown=shown, embedded=embedded, data_dir=data_dir, id=name, collection=collection
    )


def open_configured_store(config: Config, *, older: bool = False) -> Store:
    """Open the store that the settings name (`open_store`).

    Args:
        config: the settings.
        older: as in `open_store`.

    Raises:
        StoreError: as `open_store`.
    """
    options = ServerOptions(idle_minutes=config.embedded_idle_minutes, change_streams=config.embedded_change_streams)
    return open_store(config.mongo_uri, config.mongo_database, config.data_dir, older=older, options=options)


COUNTED = {
    "stories": mark("{n} stories"),
    "links": mark("{n} links"),
    "lists": mark("{n} lists of further links, each stored once"),
}


def server_lines(config: Config) -> tuple[str, list[str]]:
    """Describe where the network is and what is in it, for a person; start the embedded server if need be.

    Returns: the address, without a password, and the lines.

    Raises:
        StoreError: as `open_store`.
    """
    uri, database, data_dir = config.mongo_uri, config.mongo_database, config.data_dir
    store = open_configured_store(config, older=True)
    try:
        version = store.client.server_info().get("version", "?")
        present = set(store.db.list_collection_names())
        counts = {name: store.db[name].estimated_document_count() for name in COUNTED if name in present}
    except PyMongoError as error:
        raise explain(error, store.uri_shown, uri or "", data_dir=data_dir if store.embedded else None) from None
    finally:
        store.close()
    held = listed(tr(COUNTED[name], n=count) for name, count in counts.items()) or tr("nothing yet")
    kind = tr("embedded server, data in {folder}", folder=data_dir) if uri is None else "MongoDB"
    return store.uri_shown, [
        tr("{uri} database {name}: {held}", uri=store.uri_shown, name=database, held=held),
        tr("{kind}, answers as MongoDB {version}", kind=kind, version=version),
    ]


def _client(uri: str, *, embedded: bool, reads: bool = False) -> MongoClient[Document]:
    patience = int((EMBEDDED_TIMEOUT if embedded else SERVER_TIMEOUT) * 1000)
    options: dict[str, Any] = {
        "appname": "kolcrawl",
        "serverSelectionTimeoutMS": patience,
        "connectTimeoutMS": int(EMBEDDED_SILENCE * 1000) if embedded and reads else patience,
        "socketTimeoutMS": int((EMBEDDED_SOCKET_TIMEOUT if embedded and reads else SOCKET_TIMEOUT) * 1000),
        "heartbeatFrequencyMS": 2_000,  # the driver's 10 s are most of what an election takes
    }
    if embedded:
        # The writer tries again by itself, a whole batch at a time: what a killed server had not written yet is lost.
        options["retryWrites"] = False
    else:
        options["w"] = "majority"  # what one member alone has may be taken back when another leads
    given = {option.partition("=")[0].lower() for option in re.split("[&;]", uri.partition("?")[2])}
    ours = {name: value for name, value in options.items() if name.lower() not in given}  # the URI takes precedence
    breaks = ConnectionBreaks()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        client: MongoClient[Document] = MongoClient(uri, tz_aware=True, event_listeners=[breaks], **ours)
    for warning in caught:
        if "auth mechanism property" in (text := str(warning.message)):  # it quotes what may be a part of a secret
            client.close()
            known = text[text.find("(") :]
            raise ConfigurationError(f"authMechanismProperties names a property that is not one of {known}")
        logger.warning("MONGO_URI=%s: %s", mask_uri(uri), mask_text(text, uri))
    _breaks[client] = breaks
    return client


def _database(client: MongoClient[Document], name: str, *, reading: bool = False) -> Database[Document]:
    if reading:
        return client.get_database(name)
    # What was just written must be seen by the next read (`apply`), whatever the URI prefers.
    return client.get_database(name, read_preference=ReadPreference.PRIMARY, read_concern=ReadConcern("local"))
