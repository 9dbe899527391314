"""What changed, who copied whom, and which stories hold some words: as data, and as tables."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest

from kolcrawl.cli.changes_text import change_lines, copy_lines, event_lines, found_lines
from kolcrawl.cli.terminal import UNCUT, columns
from kolcrawl.errors import ArgumentError
from kolcrawl.export.listings import list_changes, list_copies, list_events, list_found
from kolcrawl.export.table_file import write_listing
from kolcrawl.network import Network, StoryFilter, changed_stories, copied_stories, found_stories, scan_revisions
from kolcrawl.report.story_changes import CHANGE_KINDS, MAX_CHANGE_LINES, StoryChange, report_changes
from kolcrawl.store.maintain.prune import prune
from kolcrawl.store.read.timeline_events import timeline_events
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from tests.small_network import AFTER, BEFORE, FIRST, LATER, REPORT, REPRINT, SECOND, SEED, STATEMENT, key, links, visit

if TYPE_CHECKING:
    from pathlib import Path


def test_changes_of_a_run(affair: Network) -> None:
    """Old and new title, the sentences that differ, and what vanished; by run, and by time."""
    seed, statement = changed_stories(affair, crawl=SECOND, with_text=True)
    assert (seed.url, seed.what, seed.at) == (SEED, ("retitled", "rewritten"), AFTER)
    assert (seed.title_before, seed.title) == ("某品牌被曝与争议博主合作", "某品牌与争议博主解约")
    assert (seed.removed, seed.added) == (("第一版正文。",), ("第二版正文，更长一些。",))
    assert (statement.url, statement.what, statement.title) == (STATEMENT, ("vanished",), "Brand issues a statement")
    assert changed_stories(affair, crawl=FIRST) == []
    assert changed_stories(affair, since=AFTER + timedelta(seconds=1)) == [statement]
    assert changed_stories(affair.as_of(AFTER)) == changed_stories(affair, crawl=SECOND)[:1]


def test_the_changes_of_a_whole_network_are_those_of_its_crawl(affair: Network) -> None:
    """A network of one crawl holds what that crawl found changed, not what a later or an earlier one did."""
    seed, statement = (key(url) for url in (SEED, STATEMENT))
    found = {(row["story"], *sorted(row["changed"])) for row in scan_revisions(affair)}
    assert found == {(seed, "text", "title"), (statement, "gone")}
    assert list(scan_revisions(affair.of_crawl(FIRST))) == []
    assert {(row["story"], *sorted(row["changed"])) for row in scan_revisions(affair.of_crawl(SECOND))} == found


def test_what_was_read_for_the_first_time(data_dir: Path) -> None:
    """New is the first visit that read a story, whether links led to it before or it was gone: not one that read it
    again, and none whose earlier visits were pruned. Bounds of time, of a run and of kinds hold for it, too."""
    store = open_store(None, "read_first", data_dir)
    days = [BEFORE + timedelta(days=day) for day in range(4)]
    text = {"title": "标题", "text": "正文。"}
    steps = [
        (SEED, FIRST, days[0], {**text, "links": links((LATER, "related", "h", "a", None))}),
        (REPORT, FIRST, days[0], {"outcome": "gone", "status": 404, "reason": "http_404"}),
        (SEED, SECOND, days[2], text),
        (REPORT, SECOND, days[2], text),
        (LATER, SECOND, days[3], text),
    ]
    for url, run, at, fields in steps:
        apply_visits(store.db, [visit(url, run, at, **fields)])
    network = Network(store.db)

    def new(seen: Network = network, **bounds: Any) -> list[tuple[str, datetime]]:
        found = changed_stories(seen, kinds=["new"], **bounds)
        assert {change.what for change in found} <= {("new",)}
        return [(change.url, change.at) for change in found]

    assert new() == [(SEED, days[0]), (REPORT, days[2]), (LATER, days[3])]
    assert new(since=days[1]) == [(REPORT, days[2]), (LATER, days[3])]
    assert new(network.as_of(days[2]), since=days[1]) == [(REPORT, days[2])]
    assert changed_stories(network, since=days[1]) == []
    prune(store.db, days[1])
    apply_visits(store.db, [visit(SEED, SECOND, days[3] + timedelta(hours=1), title="改了", text="正文。")])
    assert new(since=days[2]) == [(REPORT, days[2]), (LATER, days[3])]
    store.close()


def test_what_a_run_read_for_the_first_time(affair: Network) -> None:
    """Those that an earlier run had read are not new in a later one; all kinds are counted together."""
    first = changed_stories(affair, crawl=FIRST, kinds=CHANGE_KINDS)
    assert SEED in {change.url for change in first}
    assert {change.what for change in first} == {("new",)}
    assert changed_stories(affair, crawl=SECOND, kinds=["new"]) == []
    both = changed_stories(affair, kinds=CHANGE_KINDS)
    last = list(change_lines(both, 100))[-1]
    assert last == f"{len(first)} stories: {len(first)} new, 1 vanished, 1 retitled, 1 rewritten"


def test_a_story_that_comes_back(data_dir: Path) -> None:
    """It has returned, and what is different since; one that was never read before it was gone is no return."""
    store = open_store(None, "returned", data_dir)
    days = [BEFORE + timedelta(days=day) for day in range(4)]
    steps = [
        (SEED, days[0], {"title": "标题", "text": "正文。"}),
        (REPORT, days[0], {"outcome": "gone", "status": 404, "reason": "http_404"}),
        (SEED, days[1], {"outcome": "gone", "status": 404, "reason": "http_404"}),
        (SEED, days[2], {"title": "更正", "text": "正文。"}),
        (REPORT, days[2], {"title": "回应", "text": "回应。"}),
        (SEED, days[3], {"title": "再次更正", "text": "正文。"}),
    ]
    for url, at, fields in steps:
        apply_visits(store.db, [visit(url, FIRST, at, **fields)])
    found = changed_stories(Network(store.db))
    assert [(change.url, change.at, change.what) for change in found] == [
        (SEED, days[1], ("vanished",)),
        (SEED, days[2], ("returned", "retitled")),
        (SEED, days[3], ("retitled",)),
    ]
    assert [(change.title_before, change.title) for change in found[1:]] == [("标题", "更正"), ("更正", "再次更正")]
    store.close()


def test_who_copied_whom(affair: Network) -> None:
    """The original, then its copy: how long after, under which title, with which sentences."""
    (group,) = copied_stories(affair)
    assert group.original["url"] == REPORT
    (copy,) = group.copies
    assert (copy.story["url"], copy.delay, copy.retitled) == (REPRINT, timedelta(hours=3), True)
    assert (copy.removed, copy.added) == (("回应全文。",), ())
    assert [one.original["_id"] for one in copied_stories(affair, REPRINT)] == [key(REPORT)]
    assert list(copied_stories(affair, SEED)) == []


def test_a_timeline_has_the_titles_of_its_moments() -> None:
    """A story retitled twice and then gone is called at each event as it was then; one that was gone before it was ever
    read is gone at its first such visit."""
    at = [BEFORE + timedelta(hours=n) for n in range(6)]
    plain = {"published_at": at[0], "first_seen": at[1], "status": "gone"}
    read: Any = {"_id": "a" * 32, "title": "third", **plain}
    never_read: Any = {"_id": "b" * 32, "title": "anchor", **plain, "published_at": None}
    revisions = [
        {"story": read["_id"], "at": at[3], "changed": ["title"], "title": "second"},
        {"story": read["_id"], "at": at[2], "changed": ["title", "text"], "title": "first", "text": "x"},
        {"story": read["_id"], "at": at[4], "changed": ["gone"]},
    ]
    visits = [{"at": at[5], "outcome": "gone"}, {"at": at[4], "outcome": "gone"}, {"at": at[2], "outcome": "failed"}]
    events = timeline_events([read, never_read], revisions, {never_read["_id"]: visits}.__getitem__)
    assert sorted((event.at, event.what, event.title) for event in events) == [
        (at[0], "published", "first"),
        (at[1], "found", "anchor"),
        (at[1], "found", "first"),
        (at[2], "changed", "second"),
        (at[3], "changed", "third"),
        (at[4], "gone", "anchor"),
        (at[4], "gone", "third"),
    ]


def test_words_are_found_in_any_form(affair: Network) -> None:
    """Parts of words, in either kind of Chinese characters, in title or text; all of them must be there."""
    titles = {row.story["url"] for row in found_stories(affair, ["品牌", "回應"])}
    assert titles == {REPORT, REPRINT}
    (row,) = found_stories(affair, ["解约", "第二版"])
    assert (row.story["url"], row.in_title, row.context) == (SEED, False, "第二版正文，更长一些。")
    assert [row.story["url"] for row in found_stories(affair, ["BRAND"])] == [STATEMENT]
    assert list(found_stories(affair, ["品牌"], StoryFilter(sites=["example.org"]))) == []


def test_tables_fit_the_terminal(affair: Network) -> None:
    """Wide characters or not, no line is longer; each names the beginning of the key, which leads on."""
    tables = [
        list(change_lines(changed_stories(affair), 70)),
        list(copy_lines(list(copied_stories(affair)), 70)),
        list(event_lines(affair.timeline(story["_id"] for story in affair.stories()), 70)),
        list(found_lines(list(found_stories(affair, ["品牌"])), 70)),
    ]
    for lines in tables:
        assert max(map(columns, lines)) <= 70
        assert key(SEED)[:8] in "\n".join(lines) or key(REPORT)[:8] in "\n".join(lines)
    assert "    → 某品牌与争议博主解约" in tables[0]
    assert tables[2][-1].split()[2:4] == ["gone", "example.org"]


def test_the_new_title_is_whole(affair: Network) -> None:
    """On a narrow terminal the old title is cut and the new one is not; where none is, no column is cut either."""
    site = f"{'long-name.' * 4}example"
    change = replace(changed_stories(affair, crawl=SECOND)[0], site=site, title_before="old " * 60, title="new " * 60)
    narrow, wide = (list(change_lines([change], width)) for width in (50, UNCUT))
    assert narrow[1].endswith("…")
    assert narrow[2] == wide[2] == f"    → {'new ' * 60}"
    assert wide[1].endswith(f"{site}  {change.key[:8]}  {'old ' * 60}")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_lists_as_files(affair: Network, tmp_path: Path, ending: str) -> None:
    """Each list has a row for each thing, under all its columns; in Excel a time is one, and its heading says UTC."""
    lists = {
        "changes": (
            list_changes(changed_stories(affair, with_text=True)),
            2,
            "title_before",
            "某品牌被曝与争议博主合作",
        ),
        "copies": (list_copies(copied_stories(affair)), 1, "removed", "回应全文。"),
        "timeline": (list_events(affair.timeline(story["_id"] for story in affair.stories())), 15, "what", "gone"),
        "stories": (list_found(found_stories(affair, ["第二版"])), 1, "context", "第二版正文，更长一些。"),
    }
    for name, (listing, n, column, value) in lists.items():
        file = tmp_path / f"{name}.{ending}"
        assert write_listing(listing, file) == n
        head, *rows = read_table_file(file)
        assert [str(title).removesuffix(" (UTC)") for title in head] == [column.name for column in listing.columns]
        assert value in [row[head.index(column)] for row in rows]
        assert len(rows) == n
        if ending == "xlsx":
            times = [at for at, title in enumerate(head) if str(title).endswith(" (UTC)")]
            assert len(times) == sum(column.type == "time" for column in listing.columns)
            assert all(isinstance(row[at], datetime | None) for row in rows for at in times)


def read_table_file(file: Path) -> list[list[Any]]:
    """The cells of a CSV file or of the only sheet of an Excel file."""
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as text:
            return list(csv.reader(text))
    (sheet,) = openpyxl.load_workbook(file).worksheets
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def test_every_story_without_words(affair: Network) -> None:
    """A filter chooses alone; words without a character to look for are no such call."""
    assert [row.story["url"] for row in found_stories(affair, [], StoryFilter(statuses=["gone"]))] == [STATEMENT]
    with pytest.raises(ArgumentError):
        list(found_stories(affair, [" "]))


def test_the_report_names_the_first_ten() -> None:
    """What vanished stands first; the rest is counted."""
    changes = [
        StoryChange(at=BEFORE + timedelta(minutes=n), what=("retitled",), key=f"{n:032x}", url=f"https://a.example/{n}",
                    site="a.example", title=f"new {n}", title_before=f"old {n}")
        for n in range(MAX_CHANGE_LINES + 2)
    ]  # fmt: skip
    gone = StoryChange(
        at=AFTER, what=("vanished",), key="f" * 32, url="https://a.example/g", site="a.example", title="G"
    )
    lines = list(report_changes([*changes, gone]))
    assert lines[0] == "13 known stories changed: 1 vanished, 12 retitled"
    assert lines[1] == "  vanished: G  https://a.example/g"
    assert lines[2] == "  retitled: old 0 → new 0  https://a.example/0"
    assert lines[-1] == "  and 3 more"
    assert list(report_changes([])) == []
