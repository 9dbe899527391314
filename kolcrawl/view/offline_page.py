"""One file that shows a network without a server: the page, with its data inside.

Its Content-Security-Policy names the one script and the one style by their hashes, and lets nothing be fetched.
"""

from __future__ import annotations

import base64
import hashlib
import json
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from kolcrawl.errors import ArgumentError
from kolcrawl.network import explained_errors, scan_stories
from kolcrawl.system.files import write_atomically
from kolcrawl.view import answers
from kolcrawl.view.library import Library

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.network import Network
    from kolcrawl.view.library import OpenNetwork

MAX_OFFLINE_TEXT_CHARS = 40_000_000
"""Characters of texts in a file; the texts of the stories that were seen last are left out beyond it."""


def offline_page(opened: OpenNetwork) -> bytes:
    """Give the file's bytes."""
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
    texts, left_out = _texts(opened)
    return {
        "network": answers.network_lists(opened),
        "links": answers.link_lists(opened.links()),
        "maps": {what: answers.map_lists(opened.map(what)) for what in ("stories", "sites", "groups")},
        "texts": texts,
        "texts_left_out": left_out,
    }


def _texts(opened: OpenNetwork) -> tuple[dict[str, str], int]:
    """Collect texts by key up to the bound, in the order in which stories were seen."""
    found = {doc["_id"]: doc.get("text") for doc in scan_stories(opened.network, ["text"])}
    texts: dict[str, str] = {}
    held = left_out = 0
    for key in opened.stories.keys:
        text = found.get(key)
        if not text:
            continue
        if held + len(text) > MAX_OFFLINE_TEXT_CHARS:
            left_out += 1
            continue
        texts[key] = text
        held += len(text)
    return texts, left_out


def _as_data(value: Any) -> str:
    """Give JSON that cannot end the element that holds it."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


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
        ArgumentError: there is no such crawl, or the file cannot be written.
    """
    with explained_errors(network):
        opened = Library(network, cache).open("", crawl)
        content = offline_page(opened)
    try:
        write_atomically(path, content)
    except OSError as error:
        raise ArgumentError(f"{path} cannot be written: {error.strerror}") from error
    return len(opened.stories)
