"""The map: the same for the same network, islands that are there, and names that tell them apart."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest

from kolcrawl.layout.map_layout import layout_network
from kolcrawl.view.island_names import name_islands

if TYPE_CHECKING:
    from kolcrawl.view.snapshot import Array


def planted(count: int, groups: int, links: int) -> tuple[Array, Array, Array]:
    """Make links of which nine in ten stay within a node's group."""
    rng = random.Random(3)
    group = np.arange(count) % groups
    rows = []
    for _ in range(links):
        a = rng.randrange(count)
        b = rng.randrange(count // groups) * groups + a % groups if rng.random() < 0.9 else rng.randrange(count)
        if a != b:
            rows.append((a, b))
    ends = np.array(rows)
    return group, ends[:, 0], ends[:, 1]


def test_islands_are_the_planted_groups() -> None:
    """Almost all stories of a group lie on one island, apart from the others."""
    group, source, target = planted(800, 8, 6400)
    layout = layout_network(800, source, target)
    assert len(layout.centres) == 8
    for number in range(8):
        counts = np.bincount(layout.island[group == number] + 1)
        assert counts.max() >= 0.95 * counts.sum()
    for a in range(8):
        for b in range(a):
            apart = np.hypot(*(layout.centres[a, :2] - layout.centres[b, :2]))
            assert apart > layout.centres[a, 2] + layout.centres[b, 2]


def test_stories_lie_within_their_island() -> None:
    """Each node is inside the circle of its island, and no two nodes are at one spot."""
    _, source, target = planted(800, 8, 6400)
    layout = layout_network(800, source, target)
    centre = layout.centres[layout.island]
    distance = np.hypot(layout.x - centre[:, 0], layout.y - centre[:, 1])
    assert (distance <= centre[:, 2] * 1.001).all()
    assert len({(round(x, 2), round(y, 2)) for x, y in zip(layout.x, layout.y, strict=True)}) > 790


def test_the_same_network_gives_the_same_map() -> None:
    """Bytes, not only looks, are equal."""
    _, source, target = planted(500, 5, 3000)
    first, second = (layout_network(500, source, target) for _ in range(2))
    assert first.x.tobytes() == second.x.tobytes()
    assert first.island.tobytes() == second.island.tobytes()


@pytest.mark.parametrize(("count", "ends"), [(0, []), (1, []), (5, []), (2, [(0, 1)]), (4, [(0, 1), (1, 2), (2, 0)])])
def test_small_networks(count: int, ends: list[tuple[int, int]]) -> None:
    """No story, one, and stories without links have their places."""
    source, target = np.array([a for a, _ in ends], dtype=int), np.array([b for _, b in ends], dtype=int)
    layout = layout_network(count, source, target)
    assert len(layout.x) == len(layout.y) == len(layout.island) == count
    assert np.isfinite(layout.x).all()
    assert np.isfinite(layout.y).all()


def test_islands_are_named_by_what_their_titles_share() -> None:
    """In Chinese and in English the shared words become the name, not the words of every island."""
    titles = [f"小米合作博主争议再起波澜第{n}天" for n in range(20)] + [f"新能源汽车降价潮第{n}天" for n in range(20)]
    titles += [f"Rocket launch delayed again, part {n}" for n in range(20)]
    island = np.repeat([0, 1, 2], 20)
    names = name_islands(titles, ["a.example"] * 60, island, 3)
    assert "小米合作博主争议" in names[0]
    assert "新能源汽车降价潮" in names[1]
    assert "rocket launch" in names[2].lower()


def test_islands_are_named_by_the_stories_that_were_read() -> None:
    """What a page only lists does not name the island of the stories that were read; where none was, it must."""
    titles = [f"小米合作博主争议第{n}天" for n in range(3)] + [f"新能源汽车降价潮第{n}天" for n in range(9)] * 2
    island, read = np.repeat([0, 1], [12, 9]), np.arange(21) < 3
    names = name_islands(titles, ["a.example"] * 21, island, 2, read)
    assert "小米合作博主争议" in names[0]
    assert "汽车" not in names[0]
    assert "新能源汽车降价潮" in names[1]


def test_two_islands_have_two_names() -> None:
    """Where the first words of two islands are the same, in any order, the next ones name the second; else its site."""
    titles = [f"穹岚博主致歉第{n}天" for n in range(8)] + ["穹岚 博主 代理公司", "博主 穹岚 代理公司"] * 4
    names = name_islands(titles, ["a.example"] * 16, np.repeat([0, 1], 8), 2)
    assert len({frozenset(name.split(" \u00b7 ")) for name in names}) == 2
    names = name_islands(["甲乙丙丁", "甲乙丙丁"] * 2, ["a.example"] * 2 + ["b.example"] * 2, np.repeat([0, 1], 2), 2)
    assert names == ["甲乙丙丁", "甲乙丙丁 \u00b7 b.example"]


def test_islands_without_shared_words_carry_their_site() -> None:
    """Where titles share nothing, the site of most stories names the island."""
    names = name_islands(["甲乙", "丙丁", "戊己"], ["b.example", "b.example", "a.example"], np.zeros(3, dtype=int), 1)
    assert names == ["b.example"]
