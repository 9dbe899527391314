"""The manifest beside an export: what was asked for, what the files hold, and from which crawls.

It has the time of the data, not of the writing: the same database and arguments give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kolcrawl import __version__
from kolcrawl.network.selection import time_text
from kolcrawl.store.schema import SCHEMA
from kolcrawl.system.code_version import code_version

if TYPE_CHECKING:
    from kolcrawl.network import Network
    from kolcrawl.network.selection import Part

LIBRARIES = {"gexf": "lxml", "graphml": "lxml", "parquet": "pyarrow", "xlsx": "xlsxwriter"}
"""Libraries whose versions shape the bytes."""
CRAWL_FIELDS = (
    "spider",
    "job",
    "args",
    "about",
    "seeds",
    "settings",
    "versions",
    "started_at",
    "finished_at",
    "finish_reason",
    "counts",
    "failures",
    "quality",
)


def manifest(
    network: Network,
    part: Part,
    form: str,
    files: Mapping[str, Path],
    *,
    measures: Collection[str] = (),
    has_picture: bool = False,
) -> dict[str, Any]:
    """Describe an export whose rows have all been written.

    Args:
        network: what was read from.
        part: what was handed out.
        form: its format.
        files: name to where its content stands now.
        measures: those that were computed.
        has_picture: whether nodes have places, sizes and colours.
    """
    counts = part.counts
    libraries = [library] if (library := LIBRARIES.get(form)) else []
    libraries += ["graspologic-native"] if has_picture or "community" in measures else []
    libraries += ["igraph"] if "betweenness" in measures else []
    runs = [network.crawl(network.crawl_id)] if network.crawl_id else network.crawls()[::-1]
    crawls = {run["_id"]: {name: run.get(name) for name in CRAWL_FIELDS} for run in runs}
    return {
        "format": form,
        "files": {name: _content(path) for name, path in files.items()},
        "database": network.db.name,
        "selection": asdict(part.selection) | {"as_of": network.moment, "crawl": network.crawl_id},
        "past_begins": network.begins(),
        "measures": list(measures),
        "picture": has_picture,
        "counts": _counts(part),
        "failures": _by_count(counts.reasons),
        "data_time": counts.newest,
        "crawls": crawls,
        "versions": {"kolcrawl": __version__, "schema": SCHEMA, "python": platform.python_version()}
        | {library: version(library) for library in libraries},
        "code": code_version(),
    }


def manifest_text(content: Mapping[str, Any]) -> bytes:
    """Write a manifest as JSON, fields in their order, times in UTC."""
    return (json.dumps(content, ensure_ascii=False, indent=2, default=_plain) + "\n").encode()


def _counts(part: Part) -> dict[str, Any]:
    counts = part.counts
    stories, links = counts.nodes.total(), counts.edges.total()
    if counts.sites is None:
        return {
            "nodes": stories,
            "edges": links,
            "nodes_by_status": _by_count(counts.nodes),
            "edges_by_kind": _by_count(counts.edges),
        }
    return {
        "nodes": counts.sites,
        "edges": counts.site_edges,
        "stories": stories,
        "links": links,
        "stories_by_status": _by_count(counts.nodes),
        "links_by_kind": _by_count(counts.edges),
    }


def _content(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _by_count(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _plain(value: Any) -> str:
    return time_text(value) if isinstance(value, datetime) else str(value)
