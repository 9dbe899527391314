"""docs/mongodb.md: its tables are the validators', and each of its recipes gives the right answer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.store.schema import COLLECTIONS, validator
from tests.small_network import (
    AFTER,
    BEFORE,
    BROKEN,
    END,
    GOSSIP,
    LATER,
    REPORT,
    REPRINT,
    SEED,
    SEQUEL,
    STATEMENT,
    WANDERED,
    key,
)

if TYPE_CHECKING:
    from kolcrawl.network import Network

DOC = (Path(__file__).parents[2] / "docs" / "mongodb.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^#{2,3} (.+?)\n(.*?)(?=^#{2,3} |\Z)", DOC, re.MULTILINE | re.DOTALL))
RECIPES = {title: body for title, body in SECTIONS.items() if re.match(r"\d+\. |As it was", title)}
TWO_STEPS = [SEED, LATER, STATEMENT, REPORT, REPRINT, BROKEN, SEQUEL, WANDERED]


def block(title: str, language: str) -> str:
    """The code of a recipe."""
    return next(iter(re.findall(rf"```{language}\n(.*?)```", RECIPES[title], re.DOTALL)))


def names(network: Network) -> dict[str, Any]:
    """What the recipes take as given."""
    keys = [key(url) for url in TWO_STEPS]
    since, moment = AFTER - timedelta(days=1), AFTER - timedelta(days=1)
    return {"db": network.db, "url": SEED, "key": key(SEED), "keys": keys, "since": since, "moment": moment}


def recipe(number: int) -> str:
    """The title of a recipe; 0 is the one after the ten."""
    return next(title for title in RECIPES if title.startswith(f"{number}. " if number else "As it was"))


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_the_tables_are_those_of_the_validators(collection: str) -> None:
    """Every field of the contract is told, none is told that is not checked, and nullable ones are marked."""
    title = next(title for title in SECTIONS if title.startswith(f"`{collection}`"))
    told = dict(re.findall(r"^\| `(\w+)` \| (\S+?) ?\|", SECTIONS[title], re.MULTILINE))
    properties = validator(collection)["$jsonSchema"]["properties"]
    assert told.keys() == properties.keys()
    nullable = {name for name, rule in properties.items() if "null" in rule.get("bsonType", ())}
    assert {name for name, kind in told.items() if kind.endswith("?")} == nullable


def test_there_are_ten_questions() -> None:
    """Ten questions and the one about the past, each with a recipe for the shell and one for pymongo."""
    assert [recipe(number) for number in (*range(1, 11), 0)] == list(RECIPES)
    assert all(block(title, "js") and block(title, "python") for title in RECIPES)


PYTHON: dict[int, Callable[[dict[str, Any]], Any]] = {
    1: lambda ns: ns["story"]["url"] == SEED,
    2: lambda ns: ns["related"] == [(1, "新的报道"), (2, "品牌方回应争议"), (3, "转载：品牌方回应争议")],
    3: lambda ns: [story["url"] for story in ns["linking"]] == [REPORT],
    4: lambda ns: ns["steps"] == dict(zip(map(key, TWO_STEPS), [0, 1, 1, 1, 1, 1, 2, 2], strict=True)),
    5: lambda ns: [story["url"] for story in ns["copies"]] == [SEED],
    6: lambda ns: [story["_id"] for story in ns["unfolding"]] == [key(url) for url in (SEED, REPORT, REPRINT, SEQUEL)],
    7: lambda ns: ns["top"][0] == (key(SEQUEL), 2),
    8: lambda ns: {story["_id"] for story in ns["changed"]} >= {key(url) for url in (SEED, LATER, STATEMENT)},
    9: lambda ns: (
        ns["edited"]
        == [
            (SEED, ["title", "text"], "某品牌被曝与争议博主合作", "某品牌与争议博主解约", "fetched"),
            (STATEMENT, ["gone"], "Brand issues a statement", "Brand issues a statement", "gone"),
        ]
    ),
    10: lambda ns: (
        dict(ns["missing"])
        == {
            ("example.com", "stub", None): 1,
            ("example.com", "failed", "http_503"): 1,
            ("example.com", "skipped", "off_topic"): 1,
            ("example.net", "skipped", "off_topic"): 1,
            ("example.org", "gone", "http_404"): 1,
            ("example.org", "stub", None): 1,
        }
    ),
    0: lambda ns: (
        ns["listed"]
        == [(1, "品牌方回应争议"), (2, "Brand issues a statement"), (3, "转载：品牌方回应争议"), (4, "打不开的一页")]
    ),
}


@pytest.mark.parametrize("number", PYTHON)
def test_recipes_for_pymongo(affair: Network, number: int) -> None:
    """Each pymongo recipe, run as printed, answers its question on the small network."""
    namespace = names(affair)
    exec("from collections import Counter\n" + block(recipe(number), "python"), namespace)
    assert PYTHON[number](namespace)


SHELL: dict[int, Callable[[Any], Any]] = {
    1: lambda found: [story["url"] for story in found] == [SEED],
    2: lambda found: [(row["position"], row["url"]) for row in found] == [(1, LATER), (2, REPORT), (3, REPRINT)],
    3: lambda found: [row["url"] for row in found] == [REPORT],
    4: lambda found: found == dict(zip(map(key, TWO_STEPS), [0, 1, 1, 1, 1, 1, 2, 2], strict=True)),
    5: lambda found: [(row["url"], row["copies"], row["sites"]) for row in found] == [(REPORT, 1, ["example.net"])],
    6: lambda found: [row["site"] for row in found] == ["example.com", "example.com", "example.net", "example.com"],
    7: lambda found: (found[0]["url"], found[0]["links"]) == (SEQUEL, 2),
    8: lambda found: {story["_id"] for story in found} >= {key(url) for url in (SEED, LATER, STATEMENT)},
    9: lambda found: (
        [(row["url"], row["before"]) for row in found]
        == [(SEED, "某品牌被曝与争议博主合作"), (STATEMENT, "Brand issues a statement")]
    ),
    10: lambda found: (
        {(row["_id"]["site"], row["_id"].get("reason"), row["stories"]) for row in found}
        == {
            ("example.com", None, 1),
            ("example.com", "http_503", 1),
            ("example.com", "off_topic", 1),
            ("example.net", "off_topic", 1),
            ("example.org", "http_404", 1),
            ("example.org", None, 1),
        }
    ),
    0: lambda found: [(len(visit["links"]), len(visit["lists"])) for visit in found] == [(4, 1)],
}


@pytest.mark.parametrize("number", [number for number in SHELL if number != 4])
def test_recipes_for_the_shell_mean_what_they_say(affair: Network, number: int) -> None:
    """Each shell recipe of one expression, translated to pymongo word by word, answers its question."""
    assert SHELL[number](translated(block(recipe(number), "js"), names(affair)))


def test_recipes_for_a_story_in_a_list(affair: Network) -> None:
    """Who links to a story that only a list of popular ones names is found, in the shell and by pymongo."""
    given = names(affair) | {"key": key(GOSSIP)}
    gone = {"story": key(SEED), "active": False}  # the later visit did not show it
    assert affair.db["page_lists"].update_many(gone, {"$set": {"active": True}}).modified_count == 1
    try:
        _, by_list = re.findall(r"```js\n(.*?)```", RECIPES[recipe(3)], re.DOTALL)
        assert [(row["kind"], row["url"]) for row in translated(by_list, given)] == [("popular", SEED)]
        exec(block(recipe(3), "python"), given)
        assert [story["url"] for story in given["linking"]] == [SEED]
    finally:
        affair.db["page_lists"].update_many({"story": key(SEED)}, {"$set": {"active": False}})


def translated(source: str, given: dict[str, Any]) -> list[dict[str, Any]]:
    """Run `db.collection.find(...)` or `aggregate(...)`, with `sort` and `limit`, as the shell would."""
    calls = re.fullmatch(r"\s*db\.(\w+)((?:\.\w+\([\s\S]*?\)(?=\.|\s*$))+)\s*", source)
    assert calls, source
    found: Any = given["db"][calls[1]]
    for name, argument in re.findall(r"\.(\w+)\(([\s\S]*?)\)(?=\.\w+\(|\s*$)", calls[2]):
        value = literal(argument, given)
        found = getattr(found, name)(list(value.items()) if name == "sort" else value)
    return list(found)


def literal(source: str, given: dict[str, Any]) -> Any:
    """A literal of the shell as a Python value: keys without quotes, and names that stand for what is given."""
    text = re.sub(r"([{,]\s*)([$\w]+)(?=\s*:)", r'\1"\2"', source)
    text = re.sub(r'(?<!["$\w.])(url|keys?|since|moment)(?!["\w])', r'{"given": "\1"}', text)
    return json.loads(text, object_hook=lambda value: given[value["given"]] if value.keys() == {"given"} else value)


def test_recipes_for_the_shell_in_the_shell(affair: Network) -> None:
    """Every shell recipe, the one with a loop too, run as printed by mongosh itself."""
    shell = shutil.which("mongosh")
    if shell is None:
        pytest.skip("mongosh is not installed; the recipes were translated and run by the test above, but number 4")
    given = names(affair)

    def spelled(value: Any) -> str:
        return f"ISODate({json.dumps(value.isoformat())})" if isinstance(value, datetime) else json.dumps(value)

    script = [f"const {name} = {spelled(value)};" for name, value in given.items() if name != "db"]
    for number in SHELL:
        *before, last = block(recipe(number), "js").rsplit("\n}\n", 1)
        script += [f"{part}\n}}" for part in before]
        answer = last.strip()
        answer += ".toArray()" if answer.startswith("db.") else ""
        script.append(f"print('ANSWER ' + EJSON.stringify([{number}, {answer}]));")
    host, port = affair.db.client.address or ("", 0)
    command = [shell, "--quiet", f"mongodb://{host}:{port}/{affair.db.name}?directConnection=true", "--eval"]
    done = subprocess.run([*command, "\n".join(script)], capture_output=True, text=True, timeout=120, check=False)
    answers = dict(json.loads(line.removeprefix("ANSWER ")) for line in done.stdout.splitlines() if "ANSWER" in line)
    assert answers.keys() == SHELL.keys(), done.stdout + done.stderr
    assert {number: SHELL[number](answers[number]) for number in SHELL} == dict.fromkeys(SHELL, True)


def test_the_reader_as_the_document_shows_it(affair: Network, data_dir: Path) -> None:
    """The Python example runs as printed, with names that the block before it gives."""
    given, code = re.findall(r"```python\n(.*?)```", SECTIONS["In Python"], re.DOTALL)[:2]
    namespace: dict[str, Any] = {}
    exec(given, namespace)
    here = {"database": "affair", "data_dir": data_dir, "url": SEED, "moment": BEFORE}
    assert here.keys() <= namespace.keys()
    namespace |= here
    exec(code, namespace)
    assert namespace["before"]["title"] == "某品牌被曝与争议博主合作"
    assert len(namespace["stories"]) == 10
    assert {GOSSIP, END} & {doc["url"] for doc in namespace["recent"]} == set()
