"""What is shown before all is read: a map by sites, titles searched alone, and the whole once it is there."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from kolcrawl.layout.map_layout import layout_groups
from kolcrawl.view import library, network_rows
from kolcrawl.view.api import Api
from tests.view.conftest import STORIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.network import Network


@pytest.fixture
def held_back(viewed: Network, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Api, threading.Event]]:
    """An API whose links and texts come when the event is set."""
    come = threading.Event()
    read = network_rows.read_link_rows

    def late(*args: Any) -> None:
        come.wait(60)
        read(*args)

    monkeypatch.setattr(library, "read_link_rows", late)
    monkeypatch.setattr(library, "DRAFT_AFTER", 0.01)
    yield Api(library.Library(viewed)), come
    come.set()


def test_a_map_by_sites_comes_before_the_links(held_back: tuple[Api, threading.Event]) -> None:
    """Without the links each story lies on the island of its site; with them, the draft gives way to the map."""
    api, come = held_back
    draft = json.loads(api.map({"draft": "1"}))
    network = json.loads(api.network({}))
    assert draft["draft"] is True
    assert len(draft["x"]) == STORIES
    assert draft["names"] == network["sites"][: len(draft["names"])]
    assert draft["island"] == network["columns"]["site"]
    come.set()
    whole = json.loads(api.map({}))
    assert whole["draft"] is False
    assert whole["island"] != draft["island"]
    assert json.loads(api.map({"draft": "1"})) == whole


def test_titles_are_searched_before_the_texts(held_back: tuple[Api, threading.Event], viewed: Network) -> None:
    """The first answer says that it is not the last; whoever does not ask for a draft waits for the texts."""
    api, come = held_back
    words = "律师"
    in_titles = viewed.db.stories.count_documents({"title": {"$regex": words}})
    clause = "内部已经展开调查"
    first = json.loads(api.search({"q": words, "draft": "1"}))
    assert (first["pending"], first["total"]) == (True, in_titles)
    assert json.loads(api.search({"q": clause, "draft": "1"}))["total"] == 0
    come.set()
    whole = json.loads(api.search({"q": clause}))
    assert not whole["pending"]
    assert whole["total"] == viewed.db.stories.count_documents({"text": {"$regex": clause}}) > 0


def test_groups_lie_apart() -> None:
    """The islands of a draft do not overlap, hold their nodes, and those of one or two nodes lie outside."""
    group = np.repeat(np.arange(450), np.concatenate([np.arange(449, 2, -1), [2, 1, 1]]))
    layout = layout_groups(group)
    assert len(layout.centres) == 447
    assert (layout.island[group >= 447] == -1).all()
    inside = layout.island >= 0
    centre = layout.centres[layout.island[inside]]
    distance = np.hypot(layout.x[inside] - centre[:, 0], layout.y[inside] - centre[:, 1])
    assert (distance <= centre[:, 2] * 1.001).all()
    x, y, radius = layout.centres.T
    apart = np.hypot(x[:, None] - x[None], y[:, None] - y[None]) - radius[:, None] - radius[None]
    np.fill_diagonal(apart, 1)
    assert (apart > -0.05 * radius.max()).all()
