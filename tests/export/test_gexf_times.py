"""When what a GEXF file holds begins and ends, where the small network has no such story."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from benchmarks.export import Generated, key
from kolcrawl.export import Selection, export

if TYPE_CHECKING:
    from pathlib import Path


def test_a_story_that_was_never_there(tmp_path: Path) -> None:
    """One that is gone from the first visit on ends at its latest visit, as its page was never had."""
    network: Any = Generated(3, 1)
    (story,) = network.by_keys([key(0)], with_text=False)
    story |= {"status": "gone", "fetched_at": None, "last_visit": {"at": datetime(2026, 4, 9, tzinfo=UTC)}}
    network.stories = lambda *_given, **_named: [story]
    export(network, Selection(), tmp_path / "net.gexf")
    (node,) = etree.parse(tmp_path / "net.gexf").iter("{http://gexf.net/1.3}node")
    assert node.get("end") == "2026-04-09T00:00:00Z"
