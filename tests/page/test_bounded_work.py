"""What readers do for pages of more than any page needs is counted: it grows no further than its bound."""

from __future__ import annotations

import random
from typing import Any

import pytest

from kolcrawl.page import bounds, encoding, read_page
from kolcrawl.page.body.paragraph_collector import MAX_COLLECTED, MAX_WALKED, ParagraphCollector
from kolcrawl.page.body.text_density import measure_density
from kolcrawl.page.document import parse_document
from kolcrawl.page.facts import jsonld
from kolcrawl.page.outline_builder import LONGEST_ADDRESSED, MAX_ADDRESSED, MAX_OUTLINE_TEXT
from kolcrawl.page.verdict import teaser_list

URL = "https://news.example.org/a/20260302/100200.html"
STORY = "Some sentence of a story that goes on for a while, and then it ends. " * 20


def test_tags_beyond_those_read_are_cut() -> None:
    """Of a page with more tags than are read, the story is there and what stands behind the last of them is not."""
    head = f"<html lang=en><h1>Headline of it</h1><p>{STORY}</p>"
    text = head + "<p>x" * (bounds.MAX_READ_TAGS - head.count("<")) + "<a href=/n/2.html>Another story</a>"
    cut = bounds.bound_markup(text, URL).decode()
    assert cut.count("<") == bounds.MAX_READ_TAGS
    assert text.startswith(cut)
    assert read_page(f"{head}{'<b>' * bounds.MAX_READ_TAGS}".encode(), URL).story.text == STORY.strip()
    assert bounds.bound_markup(cut, URL).decode() == cut


@pytest.mark.parametrize("before", [0, 1, 999_999, 1_000_001])
@pytest.mark.parametrize("length", [bounds.LONGEST_RUN, bounds.LONGEST_RUN + 1])
def test_long_runs_are_found_by_leaps(before: int, length: int) -> None:
    """A text or tag is cut exactly when it is longer than the bound, wherever it stands between others."""
    text = f"{'a' * before}<b>{'x' * length}</b>{'<i>y' * 1_000}"
    cut = bounds.bound_markup(text, URL)
    assert len(text) - len(cut) == (length - bounds.LONGEST_RUN) + max(0, before - bounds.LONGEST_RUN)


class SearchedText(str):
    """A text that counts the characters in which it is searched."""

    __slots__ = ("searched",)
    searched: int

    def find(self, wanted: str, start: int = 0) -> int:  # type: ignore[override]  # as it is called
        found = super().find(wanted, start)
        self.searched += (len(self) if found < 0 else found) - start
        return found


def test_lines_that_are_not_on_the_page_are_not_sought_for_ever() -> None:
    """The places of lines are sought in so many characters at most, however many lines a page does not have."""
    page = SearchedText("y" * 1_000_000)
    page.searched = 0
    assert not list(teaser_list._line_places(page, "\n".join(f"line {number}" for number in range(20_000))))
    assert page.searched <= teaser_list.MAX_LINE_SEARCH + len(page)


def test_texts_in_two_encodings_are_judged_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a page in two encodings by turns, no more texts are decoded one by one than the bound says, each few times."""
    decoded = 0
    of_utf8 = encoding._is_utf8

    def counted(data: bytes) -> bool:
        nonlocal decoded
        decoded += 1
        return of_utf8(data)

    monkeypatch.setattr(encoding, "_is_utf8", counted)
    body = ("<p>記事の本文です。".encode() * 3 + "<p>新华社北京电".encode("gb18030")) * 20_000
    text, codec = encoding.decode(body)
    assert codec == "utf-8"
    assert text.startswith("<p>記事の本文です。" * 3 + "<p>新华社北京电")
    assert decoded <= 3 * encoding.MAX_JUDGED_TEXTS


def test_elements_are_walked_up_to_a_number() -> None:
    """Paragraphs are collected from so many elements at most, in the order of the page."""
    document = parse_document(f"<p>{STORY}{'<p>x y' * (MAX_WALKED + 100)}".encode(), URL)
    density = measure_density(document.outline, None)
    paragraphs = ParagraphCollector(density.page, density, None).collect(density.page)
    assert paragraphs[0].text == STORY.strip()
    assert MAX_WALKED - 10 < len(paragraphs) <= MAX_WALKED


def test_marks_are_cut_among_characters_that_only_might_be_some() -> None:
    """In runs of emoji and marks in any mixture, marks are cut as they are where nothing stands between them."""
    rng = random.Random(20261130)
    for _ in range(50):
        runs = [rng.choice(("\u0301", "\U0001e8d0", "\U0001f469")) * rng.choice((1, 29, 30, 31, 90)) for _ in range(8)]
        expected, row = "", 0
        for character in "".join(runs):
            row = row + 1 if character != "\U0001f469" else 0
            expected += character if row <= 30 else ""
        assert bounds.cut_marks("".join(runs)) == expected


def test_broken_scripts_are_searched_up_to_a_length(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many broken scripts a page has, so many characters of them are searched; the first one is."""
    searched: list[str] = []
    search = jsonld.search_article

    def counted(broken: str) -> Any:
        searched.append(broken)
        return search(broken)

    monkeypatch.setattr(jsonld, "search_article", counted)
    broken = '{"@type":"NewsArticle","headline":"Headline of it"x' + '"headline":"' * 1_000
    nodes = jsonld.read_nodes([broken] * 1_000)
    assert nodes[0]["@type"] == "NewsArticle"
    assert sum(map(len, searched)) <= jsonld.MAX_BROKEN


def test_lists_in_scripts_are_looked_at_up_to_a_number() -> None:
    """A script of lists in lists is left after a number of them; an article before them is found, one behind is not."""
    article = '{"@type":"NewsArticle"}'
    many = "[[]]," * jsonld.MAX_JSONLD_VALUES
    assert jsonld.read_nodes([f"[{article},{many}{article}]"]) == [{"@type": "NewsArticle"}]
    assert len(jsonld.read_nodes([f"[{article},{article}]"])) == 2
    assert not jsonld.read_nodes([" " * (jsonld.MAX_JSONLD + 1) + article])


def test_text_beyond_any_story_is_not_weighed() -> None:
    """The outline and the paragraphs of a page end behind so many characters, at the end of an element."""
    document = parse_document(f"<p>{STORY}</p>{f'<p>{STORY}</p>' * 1_000}".encode(), URL)
    outline = document.outline
    assert outline.cut
    assert MAX_OUTLINE_TEXT <= len(outline.text) < MAX_OUTLINE_TEXT + 2 * len(STORY)
    density = measure_density(outline, None)
    paragraphs = ParagraphCollector(density.page, density, None).collect(density.page)
    assert sum(len(paragraph.text) for paragraph in paragraphs) <= MAX_COLLECTED + len(STORY)


def test_addresses_of_links_are_read_up_to_a_length() -> None:
    """Of links with very long addresses, so many are read as have a million characters; others count less."""
    address = "/n/{}.html?" + "a=1&" * 450
    links = "".join(f"<p><a href='{address.format(number)}'>Story {number}</a>" for number in range(1_000))
    outline = parse_document(f"<a href='data:,{'x' * 900_000}'>x</a>{links}".encode(), URL).outline
    assert outline.cut
    assert MAX_ADDRESSED < sum(map(len, outline.hrefs[1:])) + LONGEST_ADDRESSED < MAX_ADDRESSED + 3_000
