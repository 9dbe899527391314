"""The visible lines about the headline, where pages print date, authors and credited outlet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from kolcrawl.page.facts import jsonld
from kolcrawl.page.html import LINE_BREAKING, OUTSIDE_BYLINES
from kolcrawl.page.topic import tokens
from kolcrawl.text.normalize import clean_line, letters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup

LONGEST_HEADLINE = 400  # characters
LINES_AFTER, CHARS_AFTER = 40, 1500
MAX_DEPTH = 60  # levels below a block; bylines are not deeper
CHARS_BEFORE = 300  # of a block standing before the headline; more is a menu


class ShownHeadline(NamedTuple):
    """Where on the page its headline stands."""

    element: HtmlElement | None
    sure: bool
    """It says what the headline says, which another title of the page says, too, and nothing else may be meant."""


def shown_headline(document: Document, markup: Markup, headline: str | None) -> ShownHeadline:
    """The element that shows the headline.

    That is an h1 with its letters, else the shortest heading-like element with them, else an h1 that holds them, or
    shares most of its words: the page may print a longer or a later headline than it tells; else the first h1.
    """
    said = letters(headline or "")
    first = markup.headings[0] if markup.headings else None
    if not said:
        return ShownHeadline(first, False)
    told = [markup.title, markup.first("og:title") or "", jsonld.string((markup.article or {}).get("headline")) or ""]
    sure = any(said in letters(title) or _is_like(headline or "", title) for title in told)
    for element in markup.headings:
        if letters(element.text_content()) == said:
            return ShownHeadline(element, sure)
    alike = next((element for element in markup.headings if said in letters(element.text_content())), None)
    if alike is None:
        alike = next((element for element in markup.headings if _is_like(headline or "", element.text_content())), None)
    for element in document.root.iter("h2", "h3", "h4", "div", "p", "span", "strong", "b", "td", "font"):
        own = letters(element.text) if element.text and len(element.text) >= 4 else ""
        if own and own in said and letters(element.text_content()) == said:
            return ShownHeadline(element, sure and alike is None)
    return ShownHeadline(first if alike is None else alike, sure and alike is not None)


def _is_like(one: str, other: str) -> bool:
    """Whether two titles share most of the words of the shorter."""
    words, others = tokens(one), tokens(other[:LONGEST_HEADLINE])
    return len(words & others) >= max(2, min(len(words), len(others)) / 2)


def lines_about(anchor: HtmlElement | None, document: Document) -> tuple[list[str], list[str]]:
    """Lines of visible text before and after the headline, nearest ones only.

    Returns: lines of the blocks right before it, and those after it up to `CHARS_AFTER` characters.
    """
    if anchor is None:
        body = document.root.find("body")
        return [], _take(_events(body)) if body is not None else []
    return _before(anchor), _take(_following(anchor))


def _before(anchor: HtmlElement) -> list[str]:
    lines: list[str] = []
    node = anchor
    for _ in range(3):
        for sibling in node.itersiblings(preceding=True):
            if not isinstance(sibling.tag, str) or sibling.tag in OUTSIDE_BYLINES or sibling.tag == "nav":
                continue
            text = sibling.text_content()
            if len(text) > 4 * CHARS_BEFORE:
                break
            found = _take(_events(sibling))
            if sum(map(len, found)) > CHARS_BEFORE:
                break
            lines = found + lines
        parent = node.getparent()
        if parent is None or parent.tag == "body" or sum(map(len, lines)) > CHARS_BEFORE:
            break
        node = parent
    return lines


def _following(anchor: HtmlElement) -> Iterator[str | None]:
    """Text behind an element in document order; None where a line ends."""
    node: HtmlElement | None = anchor
    while node is not None:
        yield None
        if node.tail:
            yield node.tail
        sibling = node.getnext()
        while sibling is not None:
            yield from _events(sibling)
            if sibling.tail:
                yield sibling.tail
            sibling = sibling.getnext()
        node = node.getparent()


def _events(element: HtmlElement, depth: int = 0) -> Iterator[str | None]:
    if not isinstance(element.tag, str) or element.tag in OUTSIDE_BYLINES:
        return
    if depth > MAX_DEPTH:  # hostile and broken pages nest thousands deep
        yield element.text_content()
        return
    block = element.tag in LINE_BREAKING
    if block:
        yield None
    if element.text:
        yield element.text
    for child in element:
        yield from _events(child, depth + 1)
        if child.tail:
            yield child.tail
    if block:
        yield None


def _take(events: Iterator[str | None]) -> list[str]:
    lines: list[str] = []
    current: list[str] = []
    taken = 0
    for event in events:
        if event is not None:
            current.append(event)
            continue
        if current:
            line = clean_line(" ".join(current))
            current = []
            if line:
                lines.append(line)
                taken += len(line)
                if taken >= CHARS_AFTER or len(lines) >= LINES_AFTER:
                    return lines
    if current and (line := clean_line(" ".join(current))):
        lines.append(line)
    return lines


# 来源 and its kind, with the outlet behind it up to the next label, space or end.
_ORIGIN = re.compile(
    r"(?<![图圖片照])(?:(?:消息|文章|稿件|新闻|本文|信息|内容|資料)?(?:来源|來源|來源|出处|出處|稿源)(?:于|自)?\s*[:：]\s*|(?:转载自|转自|轉載自|摘自|文章来自)\s*[:：]?\s*"
    r"|^(?:Via|提供元|配信元|原载|原載)\s*[:：]\s*)"
    r"[“\"「【《〈(（]?\s*(?P<name>[^\s:：|｜,，。;；)）】”\"」〉<>]{2,20}(?: [A-Z][\w.&-]*){0,3})",
    re.IGNORECASE,
)
_LABEL = re.compile(r"(?<![图圖片照])(?:来源|來源|稿源|出处|出處)\s*[:：]$")
_NOT_ORIGIN = re.compile(
    r"^(?:转载|网络|互联网|本站|本网|原创|未知|网|作者|时间|日期|编辑|责任编辑|责编|发布|点击|浏览|阅读|字号|字体|我要评论|打印|https?)|^\d+$"
)


def read_origin(lines: list[str]) -> str | None:
    """The outlet that the lines credit as source of a reprint, as printed; None when they credit none."""
    for index, line in enumerate(lines):
        if len(line) > 200:
            continue
        if _LABEL.search(line) and index + 1 < len(lines) and len(lines[index + 1]) <= 20:
            line += lines[index + 1]  # the name stands in an element of its own
        if (match := _ORIGIN.search(line)) and (name := clean_origin(match["name"])):
            return name
    return None


def clean_origin(raw: str) -> str | None:
    """A credited outlet without quotes and leftovers; None for words that name nobody."""
    name = re.split(
        r"(?:作者|编辑|編輯|责任编辑|责编|时间|發布|发布|阅读|点击|浏览|记者|評論|评论|字号|\d{4}[-年/.]\d)",
        raw.strip(),
    )[0]
    name = name.strip(" :：|·-—_\"“”'〈〉「」【】()（）[]")
    if name.count("《") != name.count("》") or name[:1] == "《":
        name = name.replace("《", "").replace("》", "")
    return name if len(name) >= 2 and not _NOT_ORIGIN.match(name) else None
