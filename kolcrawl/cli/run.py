"""What commands share: opening network or store, printing, and one line on standard error when something fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from kolcrawl.config import Config
from kolcrawl.errors import EmptyDatabaseError, KolcrawlError, StoreError
from kolcrawl.locale import mark, shown, tr
from kolcrawl.network import database_names, open_network
from kolcrawl.store.server.client import open_configured_store
from kolcrawl.system.stdout import discard_stdout, replace_unprintable

if TYPE_CHECKING:
    from kolcrawl.config import Settings
    from kolcrawl.network import Network
    from kolcrawl.store.server.client import Store


NO_DATA_FOLDER = mark(
    "there is no data folder {folder}: nothing has been crawled into it yet (scrapy crawl related -a url=https://...)"
)
OTHER_DATABASES = mark("the database {name!r} holds nothing; these of the same server do: {others}")


def read_network(
    command: str, settings: Settings, use: Callable[[Network], None], *, may_be_empty: bool = False
) -> int:
    """Open the network that the settings name and use it; an error is one line on standard error.

    Args:
        command: the command.
        settings: those of the project.
        use: what is done with the network.
        may_be_empty: go on with a database that holds nothing where others of the server hold something, which is said.

    Returns: the exit code: 0, 1, or 2 for an argument or setting that cannot be read.
    """
    replace_unprintable()
    try:
        config = _existing(settings)
        with open_network(config.mongo_uri, config.mongo_database, config.data_dir) as network:
            try:
                _check_name(network)
            except EmptyDatabaseError as error:
                if not may_be_empty:
                    raise
                print(f"scrapy {command}: {shown(error)}", file=sys.stderr, flush=True)
            use(network)
            sys.stdout.flush()
    except KolcrawlError as error:
        print(f"scrapy {command}: {shown(error)}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        discard_stdout()
    return 0


def _existing(settings: Settings) -> Config:
    """Read the settings of a database that is there already.

    Raises:
        ConfigError: a setting cannot be used.
        StoreError: there is no data folder; an empty one that is made now would look like a true answer.
    """
    config = Config.from_settings(settings)
    if not config.mongo_uri and not config.data_dir.exists():
        raise StoreError(NO_DATA_FOLDER, folder=config.data_dir)
    return config


def note_removed_past(command: str, network: Network, since: datetime | None = None) -> None:
    """Say on standard error where the past of a network begins, if more of it is asked for.

    Args:
        command: the command.
        network: what it reads.
        since: what it asks for is from then on; None for all.
    """
    begins = network.begins()
    if begins and (since is None or since < begins):
        line = mark("visits before {begins} were removed by `scrapy prune`: what they alone saw is missing here")
        print(f"scrapy {command}: {tr(line, begins=f'{begins:%Y-%m-%d %H:%M:%S} UTC')}", file=sys.stderr)


def _check_name(network: Network) -> None:
    """Raise EmptyDatabaseError if the database is empty and others of the server are not: its name is likely wrong."""
    if network.db.crawls.find_one({}, {"_id": 1}) or network.db.stories.find_one({}, {"_id": 1}):
        return
    try:
        others = [name for name in database_names(network) if name != network.db.name]
    except PyMongoError:  # who may read one database may not always list all
        return
    if others:
        raise EmptyDatabaseError(OTHER_DATABASES, name=network.db.name, others=", ".join(others))


def use_store(command: str, settings: Settings, use: Callable[[Store], int], *, older: bool = False) -> int:
    """Open the store that the settings name, for a command that looks after it; an error is one line.

    Args:
        older: take a database of an older schema as it is.

    Returns: what `use` returns, as the exit code; 1 when the store fails, or nobody reads what is printed to its end;
        2 for an argument or setting that cannot be read.
    """
    replace_unprintable()
    try:
        config = _existing(settings)
        store = open_configured_store(config, older=older)
        try:
            code = use(store)
            sys.stdout.flush()
            return code
        except PyMongoError as error:
            raise store.explain(error) from error
        finally:
            store.close()
    except KolcrawlError as error:
        print(f"scrapy {command}: {shown(error)}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        discard_stdout()
    return 1


def print_lines(lines: Iterable[str]) -> None:
    """Print lines of text, without blanks at their ends; what the output's encoding has not is replaced."""
    for line in lines:
        try:
            sys.stdout.write(line.rstrip() + "\n")
        except UnicodeEncodeError:
            encoding = sys.stdout.encoding
            sys.stdout.write(line.rstrip().encode(encoding, "replace").decode(encoding) + "\n")


def print_json(value: Any) -> None:
    """Print a value as JSON on one line, times in ISO 8601; what the output's encoding has not is escaped."""
    try:
        sys.stdout.write(json.dumps(value, ensure_ascii=False, default=_plain) + "\n")
    except UnicodeEncodeError:
        sys.stdout.write(json.dumps(value, default=_plain) + "\n")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
