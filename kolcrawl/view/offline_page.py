"""One file that shows a network without a server: the page, with its data inside.

Its Content-Security-Policy names the one script and the one style by their hashes, and lets nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import UnmetArgumentError
from kolcrawl.locale import os_reason
from kolcrawl.network import explained_errors, scan_revisions, scan_stories
from kolcrawl.system.files import write_atomically
from kolcrawl.view import answers
from kolcrawl.view.library import MAPS, Library

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kolcrawl.network import Network
    from kolcrawl.view.library import OpenNetwork

MAX_OFFLINE_TEXT_CHARS = 40_000_000
"""Characters of texts in a file; the texts of the stories that were seen last are left out beyond it."""
MAX_OFFLINE_REVISION_CHARS = 10_000_000
"""Characters of earlier versions in a file; a story's versions are in it all, or not at all."""
DETAIL_FIELDS = ("authors", "tags", "origin", "published", "fetched_at", "copy_similarity", "discovered")


def offline_page(opened: OpenNetwork) -> bytes:
    """Return the file's bytes."""
    static = files("kolcrawl.view") / "static"
    script = (static / "app.js").read_text(encoding="utf-8").replace("</script", "<\\/script").replace("<!--", "<\\!--")
    style = (static / "app.css").read_text(encoding="utf-8").replace("</style", "<\\/style")
    page = (static / "index.html").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    data = _as_data(_offline_data(opened))
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{style}</style>'
    body = f'<script type="application/json" id="network">{data}</script><script>{script}</script>'
    page = _replaced(page, '<link rel="stylesheet" href="app.css">', head)
    page = _replaced(page, '<script src="app.js" defer></script>', "")
    return _replaced(page, "</body>", f"{body}</body>").encode("utf-8", errors="replace")


def _offline_data(opened: OpenNetwork) -> dict[str, Any]:
    texts, details = _story_parts(opened)
    revisions = _revisions(opened)
    return {
        "network": answers.network_lists(opened),
        "links": answers.link_lists(opened.links(), with_headings=True),
        "maps": {what: answers.map_lists(opened.map(what)) for what in MAPS},
        "texts": (kept := _within(texts, opened.stories.keys, MAX_OFFLINE_TEXT_CHARS, len)),
        "texts_left_out": len(texts) - len(kept),
        "details": details,
        "revisions": (held := _within(revisions, opened.stories.keys, MAX_OFFLINE_REVISION_CHARS, _chars)),
        "revisions_left_out": len(revisions) - len(held),
    }


def _story_parts(opened: OpenNetwork) -> tuple[dict[str, str], dict[str, dict[str, Any]]]:
    """Collect texts by key, and what else a story shows that the columns do not hold."""
    texts: dict[str, str] = {}
    details: dict[str, dict[str, Any]] = {}
    for doc in scan_stories(opened.network, ["text", *DETAIL_FIELDS]):
        key, found = doc["_id"], doc.get("discovered") or {}
        if key not in opened.stories.place:
            continue
        if doc.get("text"):
            texts[key] = doc["text"]
        parts = {name: doc[name] for name in DETAIL_FIELDS if name != "discovered" and doc.get(name)}
        if found.get("from") in opened.stories.place:
            parts["found"] = [opened.stories.place[found["from"]], found.get("kind")]
        if parts:
            details[key] = parts
    return texts, details


def _revisions(opened: OpenNetwork) -> dict[str, list[dict[str, Any]]]:
    """Collect the earlier versions of stories by key, oldest first."""
    found: dict[str, list[dict[str, Any]]] = {}
    for revision in sorted(scan_revisions(opened.network, with_text=True), key=lambda one: one["at"]):
        if (key := revision.pop("story")) in opened.stories.place:
            found.setdefault(key, []).append(revision)
    return found


def _within(found: dict[str, Any], keys: list[str], most: int, size: Callable[[Any], int]) -> dict[str, Any]:
    """Keep what fits into a number of characters, in the order in which stories were seen."""
    kept: dict[str, Any] = {}
    held = 0
    for key in keys:
        if key in found and held + size(found[key]) <= most:
            kept[key] = found[key]
            held += size(found[key])
    return kept


def _chars(revisions: list[dict[str, Any]]) -> int:
    return sum(len(one.get("text") or "") + len(one.get("title") or "") for one in revisions)


def _as_data(value: Any) -> str:
    """Return JSON that cannot end the element that holds it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode()


def _replaced(page: str, old: str, new: str) -> str:
    if page.count(old) != 1:
        raise RuntimeError(f"the page was built without {old}")
    return page.replace(old, new)


def write_offline_page(network: Network, path: Path, crawl: str = "", cache: Path | None = None) -> int:
    """Write the file, whole or not at all.

    Args:
        network: where from.
        path: of the file.
        crawl: id of a crawl, to show the network as it saw it.
        cache: folder in which rows and maps are kept; None keeps nothing.

    Returns: the number of stories.

    Raises:
        UnmetArgumentError: there is no such crawl, or the file cannot be written.
    """
    with explained_errors(network):
        opened = Library(network, cache).open("", crawl)
        content = offline_page(opened)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise UnmetArgumentError("{path} cannot be written: {reason}", path=path, reason=os_reason(error)) from error
    return len(opened.stories)
