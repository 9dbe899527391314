"""What the error of a server means: the first cause out of a bulk, the field that a validator refuses, and a remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pymongo import InsertOne
from pymongo.errors import BulkWriteError, NetworkTimeout

from kolcrawl.errors import StoreRefusedError, StoreUnavailableError
from kolcrawl.store.bulk import bulk_write
from kolcrawl.store.server.failures import explain

if TYPE_CHECKING:
    from kolcrawl.store.server.client import Store

NO_UPSERT = "Failed to target upsert by query :: could not extract exact shard key"
TIMEOUT = "waiting for replication timed out"
REFUSED: dict[str, Any] = {
    "index": 0,
    "code": 121,
    "errmsg": "Document failed validation",
    "errInfo": {
        "details": {
            "operatorName": "$jsonSchema",
            "schemaRulesNotSatisfied": [
                {
                    "operatorName": "properties",
                    "propertiesNotSatisfied": [
                        {
                            "propertyName": "depth",
                            "details": [{"operatorName": "bsonType", "reason": "type did not match"}],
                        }
                    ],
                },
                {"operatorName": "required", "missingProperties": ["url"]},
            ],
        }
    },
}
"""As MongoDB 5 and newer say it."""


def failed(*write_errors: dict[str, Any], concern: dict[str, Any] | None = None) -> BulkWriteError:
    """Make the error of a bulk, as pymongo raises it."""
    return BulkWriteError({"writeErrors": list(write_errors), "writeConcernErrors": [concern] if concern else []})


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (failed({"index": 3, "code": 8000, "errmsg": "you are over your space quota"}), ["space quota", "make room"]),
        (failed({"index": 0, "code": 14031, "errmsg": "available disk space is low"}), ["disk space", "make room"]),
        (failed({"index": 0, "code": 61, "errmsg": NO_UPSERT}), ["exact shard key", "hashed _id"]),
        (
            failed({"index": 0, "code": 13, "errmsg": "not authorized on a"}),
            ["not authorized", "readWrite and dbAdmin"],
        ),
        (failed(REFUSED), ["Document failed validation: depth: type did not match; url is missing"]),
        (failed(concern={"code": 64, "errmsg": TIMEOUT}), [TIMEOUT]),
    ],
)
def test_the_cause_of_a_bulk(error: BulkWriteError, words: list[str]) -> None:
    """The first failure in a bulk is told with its remedy, and is no refused login."""
    explained = explain(error, "mongodb://db.example/")
    assert not isinstance(explained, StoreRefusedError)
    assert "batch op errors" not in str(explained)
    for part in words:
        assert part in str(explained)


def test_secrets_in_a_bulk() -> None:
    """A server that quotes the URI in a bulk's error does not bring its password to a log."""
    uri = "mongodb://crawler:opensesame@db.example/"
    explained = explain(
        failed({"index": 0, "code": 8, "errmsg": f"cannot reach {uri}"}), "mongodb://***@db.example/", uri
    )
    assert "opensesame" not in str(explained)


def test_a_slow_answer_is_no_missing_server() -> None:
    """An operation that took too long is told apart from a server that is not there."""
    slow = explain(NetworkTimeout("db.example:27017: timed out"), "mongodb://db.example/")
    assert isinstance(slow, StoreUnavailableError)
    assert "did not answer within 120 s" in str(slow)
    assert "start it" not in str(slow)


def test_the_refused_field_is_named(store: Store) -> None:
    """A server's validator that refuses a document says which field, and it reaches who wrote it."""
    link = {"_id": "x", "schema": 3, "from": "a" * 32, "to": "b" * 32, "kind": "related", "position": "first"}
    refused = bulk_write(store.db["links"], [InsertOne(link)])
    assert refused[0][0] == 121
    assert "position: type did not match" in refused[0][1]
    assert "anchor is missing" in refused[0][1]
