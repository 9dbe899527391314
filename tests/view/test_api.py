"""The API over a real server: what it counts is what MongoDB holds, and what it says is what `openapi.json` says."""

from __future__ import annotations

import csv
import io
import json
import re
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx
import openpyxl
import pytest

from kolcrawl.network.found_stories import found_stories
from kolcrawl.view.api import FILE_PATHS, JSON_PATHS

if TYPE_CHECKING:
    from kolcrawl.network import Network
    from tests.view.conftest import Shown

pytestmark = pytest.mark.xdist_group("view")

OPENAPI = json.loads((files("kolcrawl.view") / "openapi.json").read_text(encoding="utf-8"))

HAN = re.compile(r"[\u4e00-\u9fff]")


def ask(shown: Shown, path: str, **given: Any) -> Any:
    """Ask for JSON that must come."""
    answer = httpx.get(shown.url(f"api/{path}"), params=given, timeout=60)
    assert answer.status_code == 200, answer.text
    return answer.json()


def holding(words: str) -> dict[str, Any]:
    """Make the question to MongoDB for stories that hold some words."""
    return {"$or": [{field: {"$regex": words}} for field in ("title", "text", "tags", "authors", "origin")]}


def test_counts_equal_the_database(shown: Shown, viewed: Network) -> None:
    """Stories, links, copies, vanished and retitled of the columns are those that were generated and are stored."""
    network, links = ask(shown, "network"), ask(shown, "links")
    columns, known = network["columns"], shown.known
    assert len(columns["key"]) == network["total"] == known.stories == viewed.db.stories.count_documents({})
    assert len(links["columns"]["source"]) == links["total"] == known.links == viewed.db.links.count_documents({})
    assert sum(place >= 0 for place in columns["copy_of"]) == known.copies
    assert sum(columns["retitled"]) == known.retitled
    assert sum(at is not None for at in columns["vanished"]) == known.gone
    assert columns["status"].count(network["statuses"].index("fetched")) == known.fetched


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ({"status": "stub"}, {"status": "stub"}),
        ({"status": "gone,failed"}, {"status": {"$in": ["gone", "failed"]}}),
        ({"site": "qq.com,163.com"}, {"site": {"$in": ["qq.com", "163.com"]}}),
        ({"min_relevance": 700}, {"relevance": {"$gte": 0.7}}),
        ({"max_depth": 2}, {"depth": {"$lte": 2}}),
        ({"mark": "copy"}, {"copy_of": {"$ne": None}}),
        ({"mark": "undated"}, {"published_at": None}),
        ({"lang": "zh-CN"}, {"lang": "zh-CN"}),
        ({"q": "降价潮"}, holding("降价潮")),
        ({"q": "小米"}, holding("小米")),
        ({"q": "iframe SRCDOC"}, holding("<iframe srcdoc")),
    ],
)
def test_filters_equal_queries(shown: Shown, viewed: Network, given: dict[str, Any], where: dict[str, Any]) -> None:
    """A filter finds what the same question to MongoDB finds, two Chinese characters among them."""
    wanted = {doc["_id"] for doc in viewed.db.stories.find(where, {"_id": 1})}
    found = ask(shown, "stories", limit=1000, **given)
    assert {row["key"] for row in found["stories"]} == wanted
    assert found["total"] == len(wanted) > 0


@pytest.mark.parametrize(
    ("traditional", "simple"), [("降價潮", "降价潮"), ("臺灣選舉", "台湾选举"), ("小米 降價", "小米 降价")]
)
def test_search_finds_what_find_does(shown: Shown, viewed: Network, traditional: str, simple: str) -> None:
    """What `scrapy find` finds in titles and texts, the page finds, in traditional and in simplified Chinese."""
    wanted = {found.story["_id"] for found in found_stories(viewed, traditional.split())}
    assert wanted
    by_script = [
        {row["key"] for row in ask(shown, "stories", limit=1000, q=words)["stories"]} for words in (traditional, simple)
    ]
    assert by_script[0] == by_script[1] >= wanted


def test_filters_join(shown: Shown) -> None:
    """All filters must hold at once, and the search gives the same stories as the table."""
    given = {"q": "降价潮", "status": "fetched", "min_relevance": 500}
    rows, places = ask(shown, "stories", limit=1000, **given), ask(shown, "search", **given)
    keys = ask(shown, "network")["columns"]["key"]
    assert {row["key"] for row in rows["stories"]} == {keys[place] for place in places["stories"]}
    assert 0 < rows["total"] < ask(shown, "search", q="降价潮")["total"]


def test_bounded_answers_say_so(shown: Shown) -> None:
    """A cut answer says that it is cut and how much there is; its pages together are all."""
    first = ask(shown, "stories", limit=200)
    rest = ask(shown, "stories", limit=200, offset=200)
    assert first["limited"]
    assert not rest["limited"]
    keys = {row["key"] for row in [*first["stories"], *rest["stories"]]}
    assert len(keys) == first["total"] == rest["total"] == shown.known.stories
    near = ask(shown, "neighbourhood", story=min(keys), direction="both", hops=3, limit=5)
    assert near["limited"]
    assert len(near["stories"]) == 5


def test_timeline_counts_every_story_once(shown: Shown) -> None:
    """Hours and days hold the same stories, copies apart."""
    for step in ("hour", "day"):
        rows = ask(shown, "timeline", step=step)["steps"]
        assert sum(row["copies"] for row in rows) == shown.known.copies
        assert sum(row["originals"] for row in rows) == shown.known.stories - shown.known.copies
        assert sum(row["vanished"] for row in rows) == shown.known.gone


def test_a_story_has_all_that_is_known_of_it(shown: Shown, viewed: Network) -> None:
    """Links with heading and place, the group, the way on which it was found, and versions come with a story."""
    copy = viewed.db.stories.find_one({"copy_of": {"$ne": None}})
    assert copy is not None
    answer = ask(shown, "story", story=copy["_id"])
    assert answer["story"]["text"] == copy["text"]
    assert {row["key"] for row in answer["group"]} >= {copy["_id"], copy["copy_of"]}
    assert answer["out"]["total"] == viewed.db.links.count_documents({"from": copy["_id"]})
    assert answer["in"]["total"] == viewed.db.links.count_documents({"to": copy["_id"]})
    assert all(row["link"]["position"] >= 1 for row in answer["out"]["links"])
    assert answer["discovery"][-1]["story"]["key"] == copy["_id"]
    assert ask(shown, "story", story=copy["url"])["story"]["id"] == copy["_id"]
    revision = viewed.db.revisions.find_one({"changed": "title"})
    assert revision is not None
    versions = ask(shown, "story", story=revision["story"])["revisions"]
    assert [version["title"] for version in versions] == [revision["title"]]


def test_a_path_is_a_chain_of_links(shown: Shown, viewed: Network) -> None:
    """Each link of a path begins at the story before and ends at the story after."""
    link = viewed.db.links.find_one({"kind": "related"})
    assert link is not None
    onward = viewed.db.links.find_one({"from": link["to"], "kind": "related", "to": {"$ne": link["from"]}})
    goal = onward["to"] if onward else link["to"]
    answer = ask(shown, "path", **{"from": link["from"], "to": goal})
    assert answer["found"]
    keys = [story["key"] for story in answer["stories"]]
    assert [(one["from"], one["to"]) for one in answer["links"]] == list(pairwise(keys))
    assert (keys[0], keys[-1]) == (link["from"], goal)


@pytest.mark.parametrize("path", [*JSON_PATHS, *FILE_PATHS])
def test_openapi_describes_every_path(path: str) -> None:
    """Each path of the API is described, and nothing else is."""
    assert set(OPENAPI["paths"]) == {*JSON_PATHS, *FILE_PATHS}
    assert OPENAPI["paths"][path]["get"]["summary"]


@pytest.mark.parametrize("path", JSON_PATHS)
def test_answers_hold_what_openapi_requires(shown: Shown, viewed: Network, path: str) -> None:
    """The parameters that are described are taken, and the fields that are promised are there."""
    story = viewed.db.links.find_one({"kind": "related"})
    assert story is not None
    needed = {"story": story["from"], "from": story["from"], "to": story["to"]}
    operation = OPENAPI["paths"][path]["get"]
    parameters = [resolved(one) for one in operation["parameters"]]
    given = {one["name"]: needed[one["name"]] for one in parameters if one.get("required")}
    answer = ask(shown, path.removeprefix("/api/"), **given)
    check(answer, operation["responses"]["200"]["content"]["application/json"]["schema"])


def resolved(node: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference within the document."""
    while "$ref" in node:
        target: Any = OPENAPI
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        node = target
    return node


def check(value: Any, schema: dict[str, Any]) -> None:
    """Hold a value against the part of JSON Schema that the document uses."""
    schema = resolved(schema)
    kinds = schema.get("type")
    if kinds:
        types = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
        names = kinds if isinstance(kinds, list) else [kinds]
        assert any(value is None if name == "null" else isinstance(value, types[name]) for name in names), (
            value,
            kinds,
        )
    if "enum" in schema:
        assert value in schema["enum"]
    if isinstance(value, dict):
        assert set(schema.get("required", ())) <= value.keys()
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                check(value[name], inner)
    if isinstance(value, list) and "items" in schema:
        for one in value[:20]:
            check(one, schema["items"])


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("stories?limit=0", 400, "limit"),
        ("stories?limit=99999", 400, "limit"),
        ("stories?since=yesterday", 400, "since"),
        ("stories?status=read", 400, "stub"),
        ("stories?q=" + "x" * 300, 400, "q has 300"),
        ("story", 400, "story is missing"),
        ("story?story=%00", 400, "host name"),
        ("copies?story=[]", 400, "[::1]"),
        ("story?story=https://nowhere.example/1", 404, "not in the network"),
        ("story?story=" + "0" * 32 + "&as_of=soon", 400, "as_of"),
        ("neighbourhood?story=" + "0" * 32 + "&hops=99", 400, "hops"),
        ("path?from=" + "0" * 32 + "&to=x", 404, "not in the network"),
        ("path?from=a&to=b&kinds=friend", 404, "not in the network"),
        ("network?db=never_made", 400, "databases"),
        ("network?crawl=nothing", 400, "crawls"),
        ("map?of=moons", 400, "groups"),
        ("timeline?step=year", 400, "hour"),
    ],
)
def test_wrong_questions_get_a_reason(shown: Shown, path: str, status: int, word: str) -> None:
    """A value that cannot be used is answered with what is wrong, never with a traceback."""
    answer = httpx.get(shown.url(f"api/{path}"), timeout=60)
    assert answer.status_code == status
    assert word in answer.json()["error"]
    assert "Traceback" not in answer.text


def test_what_is_wrong_is_told_in_the_language_of_the_page(shown: Shown) -> None:
    """Chinese for a browser whose user reads it, English for any other and for a program."""
    for path in (
        "story?story=nothing",
        "timeline?step=year",
        "stories?limit=x",
        "network?db=no",
        "map?of=moons",
    ):
        told = {
            tongue: httpx.get(shown.url(f"api/{path}"), headers={"accept-language": tongue}, timeout=60).json()["error"]
            for tongue in ("en-GB,zh-CN;q=0.8", "de,en;q=0.5", "")
        }
        chinese, *english = told.values()
        assert HAN.search(chinese), path
        assert not any(map(HAN.search, english)), path
    refused = httpx.post(shown.url("api/stories"), headers={"accept-language": "zh"}, timeout=60)
    assert HAN.search(refused.text)


def test_csv_holds_no_formula(shown: Shown) -> None:
    """The table has a row a story, Excel's mark of UTF-8, and no cell that a spreadsheet would run."""
    content = httpx.get(shown.url("api/stories.csv"), timeout=60).content
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert len(rows) == shown.known.stories
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_xlsx_holds_what_is_shown(shown: Shown, viewed: Network) -> None:
    """Two sheets, with the stories that pass the filters and the links between them; all text is text."""
    content = httpx.get(shown.url("api/network.xlsx"), params={"status": "fetched"}, timeout=60).content
    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
    stories = list(book["stories"].iter_rows(values_only=True))
    keys = {row[stories[0].index("key")] for row in stories[1:]}
    assert keys == {doc["_id"] for doc in viewed.db.stories.find({"status": "fetched"}, {"_id": 1})}
    inside = viewed.db.links.find({}, {"from": 1, "to": 1})
    wanted = sum(link["from"] in keys and link["to"] in keys for link in inside)
    assert sum(1 for _ in book["links"].iter_rows()) - 1 == wanted
    assert all(cell.data_type != "f" for row in book["stories"].iter_rows() for cell in row)


def test_a_crawl_and_a_moment_are_other_networks(shown: Shown) -> None:
    """`crawl` gives the network as that crawl saw it; a moment before all shows no story."""
    run = ask(shown, "crawls")["crawls"][0]["id"]
    seen = ask(shown, "network", crawl=run)
    assert seen["crawl"] == run
    assert 0 < len(seen["columns"]["key"]) <= shown.known.stories
    story = ask(shown, "stories", limit=1)["stories"][0]["key"]
    answer = httpx.get(shown.url("api/story"), params={"story": story, "as_of": "2020-01-01"}, timeout=60)
    assert answer.status_code == 404


def test_databases_are_listed(shown: Shown) -> None:
    """The page can offer every database of the server that holds a network."""
    listed = {row["name"]: row for row in ask(shown, "databases")["databases"]}
    assert listed["viewed"]["crawls"] == 1
    assert ask(shown, "databases")["default"] == "viewed"
