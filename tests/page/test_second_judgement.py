"""Pages that were read before enough of their site was known, and are judged again when it is."""

from __future__ import annotations

from kolcrawl.page import Page, read_page
from kolcrawl.page.related.open_pages import LONGEST_OPEN, MAX_OPEN_PAGES, MAX_OPENED_PAGES, OpenPage, OpenPages
from kolcrawl.page.related.site_memory import MIN_PINNED_PAGES, SiteMemory
from tests.page.made_pages import HOST, absolute, items, page, story, titles
from tests.page.test_related import bare_list, urls


def with_misleading_heading(visit: int) -> str:
    """A page whose own list has no heading, and whose list of all pages has one that says related."""
    same = "<h3>Related stories</h3>" + bare_list(range(1, 6), "same")
    return page("bare", False, "", bare_list(range(100 + visit * 10, 105 + visit * 10), "own") + same).html


def read(memory: SiteMemory, visit: int, html: str) -> Page:
    """Read one page of the host."""
    return read_page(html.encode(), HOST + story(500 + visit), memory=memory)


def test_first_pages_are_judged_again_when_the_site_is_known() -> None:
    """Each page whose links were judged wrongly is corrected once, both ways and in page order; later ones never."""
    memory = SiteMemory()
    pages = [read(memory, visit, with_misleading_heading(visit)) for visit in range(12)]
    assert urls(pages[0].links, "related") == absolute(range(1, 6))
    assert [each.may_be_corrected for each in pages] == [True] * 4 + [False] * 8
    corrected = {correction.url: correction.links for each in pages for correction in each.corrections}
    assert sum(len(each.corrections) for each in pages) == len(corrected)
    assert not any(each.corrections for each in pages[:MIN_PINNED_PAGES])
    last = pages[-1].links
    for visit in range(2):
        links = corrected[HOST + story(500 + visit)]
        assert urls(links, "related") == absolute(range(100 + visit * 10, 105 + visit * 10))
        assert [(link.kind, link.heading, link.position) for link in links] == [
            (link.kind, link.heading, link.position) for link in last
        ]
    assert {link.url for link in pages[0].links} <= {link.url for link in corrected[HOST + story(500)]}


def test_a_pinned_link_is_taken_out_of_the_pages_read_before_it_was_known() -> None:
    """What stands in the related list of every page is recommended on the first pages, too."""
    memory = SiteMemory()
    pinned = f"<li><a href='{story(900)}'>Subscribe to the morning letter of the house</a></li>"
    corrected = {}
    for visit in range(10):
        numbers = range(100 + visit * 10, 104 + visit * 10)
        listed = items(numbers, titles(False, False, 4), "<li><a href='{href}'>{title}</a></li>")
        html = page("pinned", False, "", f"<h3>Related stories</h3><ul>{listed}{pinned}</ul>").html
        corrected |= {correction.url: correction.links for correction in read(memory, visit, html).corrections}
    links = corrected[HOST + story(500)]
    assert urls(links, "related") == absolute(range(100, 104))
    assert urls(links, "recommended") == [HOST + story(900)]


def test_a_site_that_is_known_from_earlier_is_not_judged_again() -> None:
    """With what an earlier crawl learnt the first pages are right at once: nothing is kept of them, nor corrected."""
    memory, later = SiteMemory(), SiteMemory()
    lessons = [read(memory, visit, with_misleading_heading(visit)).lessons for visit in range(8)]
    later.take_up("news.example.org", [lesson for of_page in lessons for lesson in of_page])
    pages = [read(later, visit, with_misleading_heading(visit)) for visit in range(10)]
    assert not any(each.may_be_corrected or each.corrections for each in pages)
    for visit, each in enumerate(pages):
        assert urls(each.links, "related") == absolute(range(100 + visit * 10, 105 + visit * 10))


def waiting(host: str, number: int) -> OpenPage:
    """A page without blocks."""
    return OpenPage(
        url=f"https://{host}/{number}",
        host=host,
        key=f"{host} {number}",
        described=(),
        related=frozenset(),
        pinned=frozenset(),
        either_way={},
        others={},
        beside=[],
    )


def test_open_pages_are_bounded() -> None:
    """A host keeps so many pages for so long, all hosts together so many; one page read twice is kept once."""
    pages = OpenPages()
    for number in range(MAX_OPENED_PAGES):
        assert pages.may_open("a.example")
        pages.add(waiting("a.example", number))
    assert not pages.may_open("a.example")
    taken = [pages.take_clear("a.example", lambda _: False) for _ in range(LONGEST_OPEN)]
    assert [len(each) for each in taken] == [0] * (LONGEST_OPEN - 1) + [MAX_OPENED_PAGES]
    for number in range(MAX_OPEN_PAGES + 1):
        pages.add(waiting(f"host{number}.example", 1))
        pages.add(waiting(f"host{number}.example", 1))
    assert pages.take_clear("host0.example", lambda _: True) == []
    assert len(pages.take_clear("host1.example", lambda _: True)) == 1
