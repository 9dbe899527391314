"""The read-only JSON API and the page's files, as an ASGI application (`openapi.json` describes it)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from kolcrawl.cli.selection_options import parse_time
from kolcrawl.errors import ArgumentError, KolcrawlError, StoreError, StoreUnavailableError
from kolcrawl.items import LINK_KINDS
from kolcrawl.locale import chosen_language, is_language_asked_for, language_of_browser, shown, speaking
from kolcrawl.network import explained_errors
from kolcrawl.view import answers, spreadsheets
from kolcrawl.view.library import UnknownDatabaseError
from kolcrawl.view.offline_page import offline_page
from kolcrawl.view.story_query import number, read_query, select_stories, unknown_value

if TYPE_CHECKING:
    from starlette.requests import Request

    from kolcrawl.layout.forces import Array
    from kolcrawl.network import Network
    from kolcrawl.view.library import Library, OpenNetwork

Given = dict[str, str]
STATIC = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/app.js": ("app.js", "text/javascript; charset=utf-8"),
    "/app.css": ("app.css", "text/css; charset=utf-8"),
    "/api/openapi.json": ("openapi.json", "application/json"),
}
DIRECTIONS = ("out", "in", "both")
MAX_HOPS = 6
MAX_PATH_HOPS = 12


class NotFoundError(ArgumentError):
    """The network does not hold what was asked for."""


class Api:
    """The answers by path; each method reads the request's parameters and gives bytes."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def databases(self, given: Given) -> bytes:
        """Answer `/api/databases`."""
        del given
        return encode({"default": self.library.default, "databases": self.library.databases()})

    def state(self, given: Given) -> bytes:
        """Answer `/api/state`: what was written since the network was read, for a page that waits for news."""
        database, read_at = given.get("db", ""), number(given, "read_at", None)
        stories, links = self.library.written_since(database)
        is_replaced = read_at is not None and self.library.is_replaced(database, given.get("crawl", ""), read_at)
        return encode({"stories": stories, "links": links, "replaced": is_replaced})

    def crawls(self, given: Given) -> bytes:
        """Answer `/api/crawls`."""
        runs = self.library.network(given.get("db", "")).crawls()
        names = ("spider", "about", "seeds", "started_at", "finished_at", "finish_reason", "counts", "quality", "sites")
        shown = [
            {"id": run["_id"]} | {name: run.get(name) for name in names} for run in runs[: answers.MAX_ANSWER_ROWS]
        ]
        return encode({"total": len(runs), "limited": len(runs) > len(shown), "crawls": shown})

    def network(self, given: Given) -> bytes:
        """Answer `/api/network`: all stories as columns; with `fresh=1`, read anew if the database was written."""
        opened = self._open(given, fresh=given.get("fresh") == "1")
        return opened.answer("network", lambda: encode(answers.network_lists(opened)))

    def links(self, given: Given) -> bytes:
        """Answer `/api/links`: all links as columns."""
        opened = self._open(given)
        return opened.answer("links", lambda: encode(answers.link_lists(opened.links())))

    def map(self, given: Given) -> bytes:
        """Answer `/api/map`: a layout of stories, sites or same-story groups; a draft needs no links."""
        opened, what = self._open(given), given.get("of", "stories")
        if given.get("draft") == "1":
            laid_out, is_draft = opened.map_at_once(what)
            if is_draft:
                return encode(answers.map_lists(laid_out, is_draft=True))
        laid_out = opened.map(what)
        return opened.answer(f"map {what}", lambda: encode(answers.map_lists(laid_out)))

    def search(self, given: Given) -> bytes:
        """Answer `/api/search`: places of the stories that pass the filters, `q` above all."""
        opened, at_once = self._open(given), given.get("draft") == "1"
        pending = at_once and not opened.search.is_loaded
        places = _select(opened, given, titles_alone=pending)
        answer = {"total": len(places), "limited": opened.search.cut, "pending": pending, "stories": places.tolist()}
        return encode(answer)

    def stories(self, given: Given) -> bytes:
        """Answer `/api/stories`: a page of stories that pass the filters."""
        opened = self._open(given)
        offset = number(given, "offset", 0, 0) or 0
        limit = number(given, "limit", 100, 1, answers.MAX_ANSWER_ROWS) or 100
        return encode(answers.story_rows(opened.stories, _select(opened, given), offset, limit))

    def story(self, given: Given) -> bytes:
        """Answer `/api/story`: one story by key or URL, with all that is known of it."""
        network = self._shown(given)
        story = network.story(_needed(given, "story"))
        if story is None:
            raise NotFoundError("{story} is not in the network", story=given["story"][:200])
        return encode(answers.one_story(network, story))

    def copies(self, given: Given) -> bytes:
        """Answer `/api/copies`: the same-story group of a story, with texts."""
        network = self._shown(given)
        return encode(answers.copies_with_texts(network, _key(network, _needed(given, "story"))))

    def neighbourhood(self, given: Given) -> bytes:
        """Answer `/api/neighbourhood`: stories within some steps of one, with their distance."""
        network = self._shown(given)
        hops = number(given, "hops", 2, 0, MAX_HOPS)
        limit = number(given, "limit", 500, 1, answers.MAX_ANSWER_ROWS) or 500
        start = _key(network, _needed(given, "story"))
        steps = network.neighbourhood(start, hops or 0, _kinds(given), _direction(given), limit + 1)
        near = dict(list(steps.items())[:limit])
        found = network.stories_by_key(near, with_text=False)
        rows = [answers.brief_story(story) | {"hops": near[story["_id"]]} for story in found]
        return encode({"limited": len(steps) > limit, "stories": rows})

    def path(self, given: Given) -> bytes:
        """Answer `/api/path`: a shortest path of links between two stories."""
        network = self._shown(given)
        start, goal = (_key(network, _needed(given, name)) for name in ("from", "to"))
        links = network.path(start, goal, _kinds(given), _direction(given), MAX_PATH_HOPS)
        return encode(answers.path_between(network, links, start) | {"max_hops": MAX_PATH_HOPS})

    def timeline(self, given: Given) -> bytes:
        """Answer `/api/timeline`: stories by hour or day, among those that pass the filters."""
        opened, step = self._open(given), given.get("step", "hour")
        if step not in answers.STEP_MILLISECONDS:
            raise unknown_value("step", step, answers.STEP_MILLISECONDS)
        return encode(answers.timeline_steps(opened.stories, _select(opened, given), step))

    def groups(self, given: Given) -> bytes:
        """Answer `/api/groups`: same-story groups, the largest first."""
        limit = number(given, "limit", 100, 1, answers.MAX_ANSWER_ROWS) or 100
        return encode(answers.largest_groups(self._open(given).stories, limit))

    def revisions(self, given: Given) -> bytes:
        """Answer `/api/revisions`: stories that changed or vanished, the latest first."""
        limit = number(given, "limit", 100, 1, answers.MAX_ANSWER_ROWS) or 100
        return encode(answers.changed_stories(self._open(given).stories, limit))

    def csv(self, given: Given) -> bytes:
        """Answer `/api/stories.csv`: all stories that pass the filters."""
        opened = self._open(given)
        return spreadsheets.stories_csv(opened.stories, _select(opened, given))

    def xlsx(self, given: Given) -> bytes:
        """Answer `/api/network.xlsx`: the stories that pass the filters, and the links between them."""
        opened = self._open(given)
        return spreadsheets.network_xlsx(opened.stories, opened.links(), _select(opened, given))

    def offline(self, given: Given) -> bytes:
        """Answer `/api/network.html`: one file that opens without a server."""
        return offline_page(self._open(given))

    def _open(self, given: Given, *, fresh: bool = False) -> OpenNetwork:
        return self.library.open(given.get("db", ""), given.get("crawl", ""), fresh=fresh)

    def _shown(self, given: Given) -> Network:
        network = self.library.network(given.get("db", ""))
        if given.get("crawl"):
            network = network.of_crawl(given["crawl"])
        then = parse_time("as_of", given.get("as_of") or None)
        return network.as_of(then) if then else network


JSON_PATHS: dict[str, Callable[[Api, Given], bytes]] = {
    "/api/databases": Api.databases,
    "/api/state": Api.state,
    "/api/crawls": Api.crawls,
    "/api/network": Api.network,
    "/api/links": Api.links,
    "/api/map": Api.map,
    "/api/search": Api.search,
    "/api/stories": Api.stories,
    "/api/story": Api.story,
    "/api/copies": Api.copies,
    "/api/neighbourhood": Api.neighbourhood,
    "/api/path": Api.path,
    "/api/timeline": Api.timeline,
    "/api/groups": Api.groups,
    "/api/revisions": Api.revisions,
}
FILE_PATHS: dict[str, tuple[Callable[[Api, Given], bytes], str]] = {
    "/api/stories.csv": (Api.csv, "text/csv; charset=utf-8"),
    "/api/network.xlsx": (Api.xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "/api/network.html": (Api.offline, "text/html; charset=utf-8"),
}


def application(library: Library) -> Starlette:
    """Make the application; `kolcrawl.view.request_guard` belongs around it."""
    api = Api(library)
    routes = [Route(path, _static(name, kind)) for path, (name, kind) in STATIC.items()]
    routes += [Route(path, _endpoint(api, make, "application/json")) for path, make in JSON_PATHS.items()]
    for path, (make, kind) in FILE_PATHS.items():
        routes.append(Route(path, _endpoint(api, make, kind, path.rpartition("/")[2])))
    return Starlette(routes=routes)


def encode(value: Any) -> bytes:
    """Return a value as JSON; times are ISO 8601 in UTC."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain).encode(errors="replace")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds").replace("+00:00", "Z")
    return value.item() if hasattr(value, "item") else str(value)


def _static(name: str, kind: str) -> Callable[[Request], Any]:
    folder = files("kolcrawl.view") if name == "openapi.json" else files("kolcrawl.view") / "static"
    content = (folder / name).read_bytes()
    if name == "index.html" and is_language_asked_for():  # else the page goes by the browser's
        content = content.replace(b"<html ", f'<html data-language="{chosen_language()}" '.encode(), 1)

    async def answer(request: Request) -> Response:
        del request
        return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

    return answer


def _endpoint(
    api: Api, make: Callable[[Api, Given], bytes], kind: str, file_name: str = ""
) -> Callable[[Request], Any]:
    headers = {"content-disposition": f'attachment; filename="{file_name}"'} if file_name else {}

    def content(given: Given) -> bytes:
        with explained_errors(api.library.network("")):
            return make(api, given)

    def read(given: Given) -> Response:
        address = api.library.address
        try:
            try:
                answered = content(given)
            except StoreUnavailableError:
                if not api.library.reconnect(address):
                    raise
                answered = content(given)
            return Response(answered, media_type=kind, headers=headers)
        except NotFoundError as error:
            return _error(404, error)
        except UnknownDatabaseError as error:
            return _error(400, error, code="no_database")
        except StoreError as error:
            return _error(503, error)
        except KolcrawlError as error:  # wrong parameters, addresses that are none
            return _error(400, error)

    def read_for(request: Request) -> Response:
        with speaking(language_of_browser(request.headers.get("accept-language", ""))):
            return read(dict(request.query_params))

    async def answer(request: Request) -> Response:
        return await run_in_threadpool(read_for, request)

    return answer


def _error(status: int, error: Exception, **more: str) -> Response:
    return Response(encode({"error": shown(error)} | more), status, media_type="application/json")


def _select(opened: OpenNetwork, given: Given, *, titles_alone: bool = False) -> Array:
    query = read_query(given)
    found = opened.search.find(query.words, titles_alone=titles_alone) if query.words else None
    return select_stories(opened.stories, query, found)


def _needed(given: Given, name: str) -> str:
    if not given.get(name, "").strip():
        raise ArgumentError("{name} is missing: give the key or URL of a story", name=name)
    return given[name]


def _key(network: Network, story: str) -> str:
    key = network.key(story)
    if key is None:
        raise NotFoundError("{story} is not in the network", story=story[:200])
    return key


def _kinds(given: Given) -> tuple[str, ...]:
    kinds = tuple(kind for kind in given.get("kinds", "related").split(",") if kind)
    if unknown := [kind for kind in kinds if kind not in LINK_KINDS]:
        raise unknown_value("kinds", unknown[0], LINK_KINDS)
    return kinds


def _direction(given: Given) -> Any:
    direction = given.get("direction", "out")
    if direction not in DIRECTIONS:
        raise unknown_value("direction", direction, DIRECTIONS)
    return direction
