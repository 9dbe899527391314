"""What a site's pages share is not theirs; a short page that is the same everywhere is a notice."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random
from typing import Any

from kolcrawl.items import LinkItem, StoryItem
from kolcrawl.story.clean import clean_story
from kolcrawl.story.site_texts import SiteTexts, is_beside_its_link, replaces_story
from tests.made_texts import english

NOW = datetime(2026, 3, 2, tzinfo=UTC)
MENU = "Front page\nHarbour and river\nOld town\nCouncil and courts\nShipping register"


def item(number: int, text: str | None, *, title: str | None = None, dated: bool = True) -> StoryItem:
    """A story as read."""
    return StoryItem(
        key=f"{number:032x}", url=f"https://e.org/{number}", requested_url=f"https://e.org/{number}", site="e.org",
        outcome="fetched", visited_at=NOW, title=title or f"Headline number {number}", text=text,
        published_at=NOW if dated else None,
    )  # fmt: skip


def body(number: int) -> str:
    """A text of its own."""
    return "\n".join(english(900, Random(number)))


def test_a_menu_is_no_text() -> None:
    """Of seventy stories whose text is one menu, two keep it, for want of knowing better; the rest have none."""
    texts = SiteTexts()
    read = [item(number, MENU) for number in range(70)]
    for one in read:
        texts.take(one)
    assert [one.text for one in read].count(MENU) == 2
    assert all(one.outcome == "fetched" for one in read)


def test_lines_of_most_stories_go() -> None:
    """A menu above each text goes once it is known; a background paragraph in some stories stays, and so does the text
    of copies of one story."""
    texts, background = SiteTexts(), "The ferry sank in the winter storm of last year, and nobody was found guilty."
    read = []
    for number in range(40):
        own = body(number) + ("\n" + background if number % 3 == 0 else "")
        read.append(item(number, MENU + "\n" + own))
        texts.take(read[-1])
    assert all("Front page" not in (one.text or "") for one in read[10:])
    assert all(background in (one.text or "") for one in read[::3])
    copies = [item(100 + number, body(99), title="One story at many addresses") for number in range(9)]
    for one in copies:
        texts.take(one)
    assert {one.text for one in copies} == {body(99)}


def test_the_text_as_read_does_not_depend_on_the_pages_before() -> None:
    """Of one page, read first and read after forty others of its site, what was taken off differs, and `read_text`,
    or `text` where nothing was taken, does not; cleaning treats both alike."""
    fresh, informed = SiteTexts(), SiteTexts()
    for number in range(40):
        informed.take(item(number, MENU + "\n" + body(number)))
    one, other = item(99, MENU + "\n" + body(99)), item(99, MENU + "\n" + body(99))
    fresh.take(one)
    informed.take(other)
    assert one.text != other.text
    assert one.read_text is None
    clean_story(one)
    clean_story(other)
    assert other.read_text == one.text
    menu = [item(50 + number, MENU) for number in range(9)]
    for number in menu:
        informed.take(number)
    assert (menu[-1].text, menu[-1].read_text) == (None, MENU)


def test_the_same_short_page_at_two_addresses() -> None:
    """A short page without date and author that another address of the site had is no story; the same address again
    is the same story, and a short report with a date is one, too."""
    texts = SiteTexts()
    words: dict[str, Any] = {"title": "Ohje", "dated": False}
    first, second, again = (
        item(1, "Tämä on poissa.", **words),
        item(2, "Tämä on poissa.", **words),
        item(1, "Tämä on poissa.", **words),
    )
    for one in (first, second, again):
        texts.take(one)
    assert [one.outcome for one in (first, second, again)] == ["fetched", "failed", "fetched"]
    flashes = [item(number, "Ferry aground. More soon.", title="Flash") for number in (3, 4)]
    for one in flashes:
        texts.take(one)
    assert {one.outcome for one in flashes} == {"fetched"}


def test_the_first_of_such_pages_is_none_either() -> None:
    """The page that was read first is given up where a third address has it, or a link promises something else; not
    where a second address has a short report under the headline of its link."""
    words: dict[str, Any] = {"title": "Ohje", "dated": False}
    texts = SiteTexts()
    pages = [item(number, "Tämä on poissa.", **words) for number in (1, 2, 3)]
    assert [texts.take(one, "Ohje") for one in pages] == [None, None, pages[0].key]
    texts = SiteTexts()
    assert texts.take(pages[0], "Harbour council decides") is None
    assert texts.take(item(5, "Tämä on poissa.", **words), "Ferry runs aground") == pages[0].key


def test_a_text_that_is_taken_off_is_said() -> None:
    """The source of such a text says that the pages of the site share it."""
    texts = SiteTexts()
    read = [item(number, MENU) for number in range(9)]
    for one in read:
        texts.take(one)
    assert [one.sources.get("text") for one in read] == [None, None, *["shared"] * 7]


def test_a_page_that_shrinks() -> None:
    """A few lines without date and author under another title replace a story; an edited story does not."""
    notice = item(1, "Tämä on poissa.", title="Ohje", dated=False)
    assert replaces_story(notice, "Headline number 1", body(1))
    assert not replaces_story(notice, "Ohje", body(1))
    assert not replaces_story(item(1, body(2), title="Another"), "Headline number 1", body(1))
    assert not replaces_story(notice, "Headline number 1", None)


def test_a_page_of_another_owner() -> None:
    """A long page without date and author, whose headline shares no word with the story's, replaces it; with a date, a
    paragraph or a word in common, it is the story edited. At two addresses whose links promise something else it is
    none."""
    spam = item(1, body(7), title="Lucky casino: three hundred spins", dated=False)
    story = "Harbour council divides the town"
    assert replaces_story(spam, story, body(1))
    assert not replaces_story(item(1, body(7), title="Lucky casino: three hundred spins"), story, body(1))
    assert not replaces_story(
        item(1, body(7), title="Council reverses decision on the harbour", dated=False), story, "x"
    )
    texts = SiteTexts()
    assert texts.take(spam, story) is None
    again = item(2, spam.text, title=spam.title, dated=False)
    assert texts.take(again, "Ferry runs aground off the harbour wall") == spam.key
    assert again.outcome == "failed"


def test_a_page_beside_its_link() -> None:
    """A short page without date and author that shares no word with its link is no story; a list of related stories, a
    date, a word in common or a link of two words leave it one."""
    page = item(1, "We and our partners store data.", title="Manage your preferences here", dated=False)
    link = "Ferry runs aground off the harbour"
    assert is_beside_its_link(page, link)
    assert not is_beside_its_link(page, "Read more")
    assert not is_beside_its_link(page, None)
    assert not is_beside_its_link(page, "Council shares your ferry data")
    assert not is_beside_its_link(item(1, "A flash.", title="Manage your preferences here"), link)
    page.links = [
        LinkItem(url="u", kind="related", heading=None, position=n, anchor="a", to="0" * 32, to_url="u")
        for n in (1, 2, 3)
    ]
    assert not is_beside_its_link(page, link)
