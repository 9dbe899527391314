"""Opening the store: what cannot be opened is reported in one line, and no credentials are shown."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient, ReadPreference
from pymongo.errors import OperationFailure, PyMongoError

from kolcrawl.errors import StoreError, StoreRefusedError, StoreUnavailableError
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import STEPS, migrate
from kolcrawl.store.merge.rekey import rules_differ
from kolcrawl.store.schema import SCHEMA, ensure_schema
from kolcrawl.store.server import embedded
from kolcrawl.store.server.client import Store, open_store
from kolcrawl.store.server.failures import explain
from kolcrawl.store.server.masking import mask_text, mask_uri
from tests.ports import free_port
from tests.store.flaky import cut_after
from tests.store.visiting import SERVER

SECRET = "p4ss/w:o?rd"


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("mongodb://localhost:27017", "mongodb://localhost:27017"),
        (f"mongodb://user:{SECRET}@db.example:27017/x?authSource=admin", "mongodb://***@db.example:27017/x"),
        ("mongodb://user:a@b@db.example/?password=c", "mongodb://***@db.example/"),
        ("mongodb+srv://user@cluster.example/", "mongodb+srv://***@cluster.example/"),
        ("nonsense", "***"),
        ("mongodb://db.example:27017,[::1]:27018/x", "mongodb://db.example:27017,[::1]:27018/x"),
        (f"mongodb://db.example/?authMechanismProperties=TOKEN:{SECRET}@b", "mongodb://***"),
        (f"mongodb://user:p@db.example/?tlsCertificateKeyFilePassword=a@{SECRET}", "mongodb://***"),
        (f"mongodb://user:{SECRET}?x@db.example/", "mongodb://***@db.example/"),
        (f"mongodb://user:{SECRET}", "mongodb://***"),
    ],
)
def test_mask_uri(uri: str, shown: str) -> None:
    """Login and options, where secrets may be, are never shown, even where a password was not escaped."""
    assert mask_uri(uri) == shown


def test_a_data_folder_that_is_a_file(tmp_path: Path) -> None:
    """It is told in one line with the remedy, with a server of one's own, too: the spool would have no place."""
    (tmp_path / "data").write_text("")
    for uri in (None, "mongodb://127.0.0.1:1/"):
        with pytest.raises(StoreError, match=r"data is a file .*: move it away, or choose another"):
            open_store(uri, "kolcrawl", tmp_path / "data")


def test_mask_text() -> None:
    """A message that quotes the URI, its login or its password is shown without."""
    uri = f"mongodb://user:{SECRET}@db.example/"
    shown = mask_text(f"cannot parse {uri}, login user:{SECRET}, password {SECRET}, mongodb://a:b@other", uri)
    assert SECRET not in shown
    assert "a:b" not in shown
    uri = f"mongodb://db.example/?authMechanismProperties=AWS_SESSION_TOKEN:ab%2C{SECRET}&tlsInsecure=true"
    shown = mask_text(f"{SECRET} is not true; AWS_SESSION_TOKEN ab,{SECRET}", uri)
    assert shown == "***:*** is not true; AWS_SESSION_TOKEN ***:***"
    assert SECRET[:4] not in shown


@pytest.mark.parametrize(
    ("uri", "kind", "message"),
    [
        ("mongodb://u:geheim@127.0.0.1:9/?serverSelectionTimeoutMS=200", StoreUnavailableError, "no database answers"),
        ("mongodb://u:ge@heim@127.0.0.1:9", StoreError, "cannot be used"),
        ("mongodb://u:geheim@127.0.0.1:port", StoreError, "cannot be used"),
        ("mongodb://u:geheim@127.0.0.1:9/?w=0", StoreError, "w=0"),
    ],
)
def test_a_database_that_cannot_be_had(uri: str, kind: type[StoreError], message: str, tmp_path: Path) -> None:
    """Unreachable, not a URI, a URI that would lose writes: the error names the server and the remedy."""
    with pytest.raises(kind, match=message) as caught:
        open_store(uri, "x", tmp_path)
    assert "127.0.0.1" in str(caught.value)
    assert "heim" not in str(caught.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (f"authMechanismProperties=AWS_SESSION_TOKEN:ab%2C{SECRET}:cd", "authMechanismProperties names a property"),
        (f"authMechanismProperties=AWS_SESION_TOKEN:{SECRET}", "authMechanismProperties names a property"),
        (f"w={SECRET}%40", None),
        (f"tlsInsecure={SECRET}", None),
        (f"unheardOf={SECRET}", None),
    ],
)
def test_an_option_that_is_wrong(
    options: str, words: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistyped option of the URI is named without its value, in the error or in one line of the log, never by a
    warning of the driver's own; a mistyped auth property is refused before anything is sent."""
    uri = f"mongodb://127.0.0.1:9/?{options}&serverSelectionTimeoutMS=200"
    with pytest.raises(StoreError, match=words) as caught:
        open_store(uri, "x", tmp_path)
    assert SECRET not in str(caught.value) + caplog.text


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[int]:
    """A real server that asks for a login. Yields its port."""
    program = Path(sys.executable).parent / embedded.SERVER_PROGRAM
    port = free_port()
    (tmp_path / "empty.toml").touch()
    command = [program, "--config", tmp_path / "empty.toml", "--port", str(port), "--storage-path", tmp_path / "data"]
    for auth in ([], ["--auth"]):
        server = subprocess.Popen([*command, *auth], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if not auth:
            with MongoClient(f"mongodb://127.0.0.1:{port}", serverSelectionTimeoutMS=120000) as client:
                client.admin.command("createUser", "crawler", pwd="right", roles=["readWriteAnyDatabase"])
            server.terminate()
            server.wait()
    deadline = time.monotonic() + 120
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.05)
    yield port
    server.terminate()
    server.wait()


def test_a_login_that_is_refused(guarded: int, tmp_path: Path) -> None:
    """A wrong password, and none: the error says that the login is refused; the right one opens the store."""
    with pytest.raises(StoreUnavailableError, match="refuses the login") as caught:
        open_store(f"mongodb://crawler:wrong@127.0.0.1:{guarded}/?authSource=admin", "x", tmp_path)
    assert "wrong" not in str(caught.value)
    with pytest.raises(StoreUnavailableError, match="refuses the login"):
        open_store(f"mongodb://127.0.0.1:{guarded}/", "x", tmp_path)
    store = open_store(f"mongodb://crawler:right@127.0.0.1:{guarded}/?authSource=admin", "x", tmp_path)
    assert store.uri_shown == f"mongodb://***@127.0.0.1:{guarded}/"
    store.close()


def test_opening_again_changes_nothing(store: Store) -> None:
    """Collections, validators and indexes are there after the first opening, and the same after the second."""
    before = {info["name"]: info["options"] for info in store.db.list_collections()}
    indexes = {name: store.db[name].index_information() for name in before}
    again = open_store(SERVER, store.db.name, store.data_dir)
    assert {info["name"]: info["options"] for info in again.db.list_collections()} == before
    assert {name: again.db[name].index_information() for name in before} == indexes
    again.close()
    assert list(check_store(store.db)) == []


def test_prepared_after_a_cut_anywhere(store: Store) -> None:
    """The line is cut after each command of a first opening: the next opening prepares the rest, and the keys of the
    new database count as made by today's rules."""
    cuts = 0
    for commands in range(1, 60):
        store.client.drop_database(store.db.name)
        with cut_after(store, commands) as db:
            try:
                ensure_schema(db)
            except PyMongoError:
                cuts += 1
            else:
                break
        ensure_schema(store.db)
        assert not rules_differ(store.db), f"cut after {commands} commands"
    assert cuts > 10
    assert list(check_store(store.db)) == []


def test_a_reader_makes_nothing(data_dir: Path) -> None:
    """Opening for reading leaves an empty database empty."""
    store = open_store(None, "never_written", data_dir, prepare=False)
    assert store.db.list_collection_names() == []
    store.close()


def test_a_server_without_validators(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Where a server takes no validator, collections are made without, and that is said; check-store names them. An
    error that has another cause is not put down to the user's roles."""
    port = free_port()
    (tmp_path / "empty.toml").touch()
    program = Path(sys.executable).parent / embedded.SERVER_PROGRAM
    place = ["--config", tmp_path / "empty.toml", "--port", str(port), "--storage-path", tmp_path / "data"]
    with subprocess.Popen([program, *place, "--enable-test-commands"], stderr=subprocess.DEVNULL) as server:
        try:
            with MongoClient[dict[str, Any]](f"mongodb://127.0.0.1:{port}", serverSelectionTimeoutMS=120000) as client:

                def fail(command: str, code: int) -> None:
                    data = {"failCommands": [command], "errorCode": code}
                    client.admin.command("configureFailPoint", "failCommand", mode={"times": 1}, data=data)

                fail("create", 115)
                ensure_schema(client["plain"])
                assert "takes no validators: nothing there holds the types in 'stories'" in caplog.text
                findings = [str(finding) for finding in check_store(client["plain"])]
                assert findings == ["stories stories: its validator is missing or differs"]
                fail("collMod", 238)
                ensure_schema(client["plain"])
                ensure_schema(client["plain"])
                assert list(check_store(client["plain"])) == []
                fail("createIndexes", 86)
                with pytest.raises(StoreError, match="cannot prepare") as caught:
                    ensure_schema(client["plain"])
                assert "roles" not in str(caught.value)
        finally:
            server.terminate()


def test_who_reads_where(data_dir: Path) -> None:
    """Writers read from the leading member what they wrote, and ask for a majority unless the URI asks for less;
    readers read from where the URI prefers."""
    uri = embedded.ensure_server(data_dir) + "&readPreference=secondary&readConcernLevel=majority"
    for more, concern in (("", {"w": "majority"}), ("&w=1", {"w": 1})):
        writer = open_store(uri + more, "who_reads_where", data_dir)
        assert writer.db.read_preference == ReadPreference.PRIMARY
        assert writer.db.read_concern.level == "local"
        assert writer.db.write_concern.document == concern
        writer.db["meta"].update_one({"_id": "x"}, {"$set": {"seen": more}}, upsert=True)
        writer.close()
    reader = open_store(uri, "who_reads_where", data_dir, prepare=False)
    assert reader.db.read_preference == ReadPreference.SECONDARY
    assert reader.db.read_concern.level == "majority"
    assert reader.db["meta"].find_one({"_id": "x"}) == {"_id": "x", "seen": "&w=1"}
    reader.client.drop_database("who_reads_where")
    reader.close()


def test_schema_numbers(store: Store) -> None:
    """A database of a newer version is refused; an older one asks for `scrapy migrate`, which runs the steps it lacks
    once, and goes on where it was killed."""
    numbers = store.db["meta"]
    numbers.update_one({"_id": "schema"}, {"$set": {"number": SCHEMA + 1}})
    with pytest.raises(StoreError, match="newer kolcrawl"):
        open_store(SERVER, store.db.name, store.data_dir)
    with pytest.raises(StoreError, match="newer kolcrawl"):
        migrate(store.db)
    numbers.update_one({"_id": "schema"}, {"$set": {"number": -1}})
    with pytest.raises(StoreError, match="scrapy migrate"):
        open_store(SERVER, store.db.name, store.data_dir)
    ran: list[int] = []

    def second(db: object) -> None:
        ran.append(0)
        if len(ran) == 2:
            raise PyMongoError("killed")

    steps = {-1: lambda db: ran.append(-1), 0: second} | dict(STEPS)
    with pytest.raises(PyMongoError):
        migrate(store.db, steps=steps)
    assert migrate(store.db, steps=steps) == [1, 2, 3, 4]
    assert migrate(store.db, steps=steps) == []
    assert ran == [-1, 0, 0]
    open_store(SERVER, store.db.name, store.data_dir).close()


@pytest.mark.parametrize(
    ("code", "text", "refused"),
    [
        (18, "Authentication failed.", True),
        (13, "command insert requires authentication", True),
        (13, "not authorized on affair to execute command", False),
        (8000, "bad auth : authentication failed", True),
        (8000, "you are over your space quota, using 512 MB of 512 MB", False),
        (14031, "free disk space is too low", False),
    ],
)
def test_what_is_a_refused_login(code: int, text: str, refused: bool) -> None:
    """Atlas has one code for whatever it refuses: its words tell a login from a quota, which is shown as it is; so do
    MongoDB's a login that is missing from a right that the user lacks."""
    error = explain(OperationFailure(text, code), "mongodb://db.example/")
    assert isinstance(error, StoreRefusedError) == refused
    assert ("refuses the login" in str(error)) == refused
    assert (text in str(error)) != refused


@pytest.mark.parametrize(("code", "passing"), [(43, True), (112, True), (16500, True), (8000, False), (14031, False)])
def test_what_passes(code: int, passing: bool) -> None:
    """A cursor that was lost, a conflict and a throttled service are waited for; a quota and a full disk are not."""
    error = explain(OperationFailure("no", code), "mongodb://db.example/")
    assert isinstance(error, StoreUnavailableError) == passing
    labelled = OperationFailure("no", code, {"errorLabels": ["RetryableWriteError"]})
    assert isinstance(explain(labelled, "mongodb://db.example/"), StoreUnavailableError)
