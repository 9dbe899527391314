"""The report of a story as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.cli.story_text import story_lines, story_report
from kolcrawl.cli.terminal import columns
from tests.small_network import BROKEN, LATER, REPORT, REPRINT, SEED, SEQUEL, STATEMENT, WANDERED, key

if TYPE_CHECKING:
    from kolcrawl.network import Network


def report_text(network: Network, story: str, width: int = 100) -> str:
    """The report on a story, as text."""
    return "\n".join(story_lines(story_report(network, story), width))


def test_how_it_was_found_and_what_surrounds_it(affair: Network) -> None:
    """Title, status, the way from the seed, links by block, links in, visits and earlier versions."""
    text = report_text(affair, SEQUEL)
    assert text.startswith("后续报道 <b>&\nhttps://news.example.com/story/1005.html\n")
    assert "status fetched" in text
    found = text.partition("how it was found")[2].partition("links out")[0].splitlines()
    assert [line.split("  ")[-1].strip() for line in found[1:-1]] == [
        "某品牌与争议博主解约",
        "品牌方回应争议",
        "后续报道 <b>&",
    ]
    assert "  related · Related" in text
    assert "links in (2)" in text
    assert "visits (2)" in text
    seed = report_text(affair, SEED)
    assert "published 2026-03-01 12:00 UTC (text, minute, zone assumed)" in seed
    assert "links out (6), × no longer on the page" in seed
    assert "was: 某品牌被曝与争议博主合作" in seed
    places = [line.split()[:2] for line in seed.partition("related · 相关内容")[2].splitlines()[1:11:2]]
    assert [place for place, _ in places] == ["1", "2", "3", "2×", "4×"]


def test_lines_fit_any_terminal(affair: Network) -> None:
    """Nothing but addresses is wider than the terminal."""
    for width in (60, 80, 200):
        lines = report_text(affair, SEED, width).splitlines() + report_text(affair, REPORT, width).splitlines()
        assert max(columns(line) for line in lines if "://" not in line) <= width


def test_copies(affair: Network) -> None:
    """A copy says of which story, the leader what its copies are."""
    assert "group of 2, copy of" in report_text(affair, REPRINT)
    assert "(similarity 0.97):" in report_text(affair, REPRINT)
    leader = report_text(affair, REPORT)
    assert "group of 2, leads its copies:" in leader
    assert f"copy   2026-03-01 21:00 UTC  {key(REPRINT)[:8]}  example.net  转载：品牌方回应争议" in leader
    assert "by 记者甲, 记者乙   from 某日报" in leader
    assert "also seen as https://short.example.com/r/abc" in leader


def test_why_a_story_was_not_fetched(affair: Network) -> None:
    """A stub, a failure, a story that is gone and one cut from the crawl each say why, and what to do."""
    assert "status stub: known only from links, not fetched yet" in report_text(affair, LATER)
    assert "status failed (http_503): the site is overloaded" in report_text(affair, BROKEN)
    assert "status gone (http_404): the page is gone" in report_text(affair, STATEMENT)
    assert "status skipped (off_topic): less relevant than follow_below; lower it" in report_text(affair, WANDERED)


def test_what_became_of_linked_stories(affair: Network) -> None:
    """Each link says in words what became of its target, and what to do about it stands once below."""
    report = story_report(affair, SEED)
    for row, reason in zip(report["out"], ("kind", "http_410", "site_budget", None, "too_old", "kind"), strict=True):
        row["story"] |= {"reason": reason, "status": ("gone" if "http" in reason else "skipped") if reason else "stub"}
    out = "\n".join(story_lines(report, 140)).partition("links out")[2].partition("links in")[0]
    for state in ("skipped kind", "gone 410", "skipped budget", "stub", "skipped too old"):
        assert f"  {state:<18} " in out
    assert out.count("skipped kind: named only in lists of other kinds; add theirs to kinds") == 1
    assert "skipped budget: the site's share of the budget was spent" in out
