"""The story's text: off the tree where the page is plain about it, else by trafilatura.

`paragraphs.py` reads most pages in a fifth of the time and with a little more accuracy; trafilatura (Barbaresi 2021,
the best of the general extractors) is asked where structure and text do not agree, and its answer is then taken unless
it finds much less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lxml import etree

from kolcrawl.errors import PageError
from kolcrawl.page.body.boilerplate import end_share
from kolcrawl.page.body.paragraphs import BEFORE_END_MARK, find_paragraphs
from kolcrawl.page.body.text_density import measure_density
from kolcrawl.page.document import parse_fragment
from kolcrawl.page.outline_builder import build_outline
from kolcrawl.text.normalize import clean_line, clean_text
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.site_rules import SiteRules

MARKED_TEXT = 400  # characters, at least, that make an element with itemprop=articleBody the story's
MARKED_SHARE = 2 / 3  # of such an element's text that must be read as the story's
MAX_TIMES_SHORTER = 3  # times shorter than the tree's text that trafilatura's may be before it is a piece of it
MAX_PRINTED_TAGS = 2  # ends of paragraphs within trafilatura's text, which are markup that the page does not show
PIECED_TEXT = 600  # characters of the tree's text, at least, of which it may be a piece
# Weights of text: of one up to which the page's data are asked for a longer one, certain or not; of a longer text in
# them, times that of the shown one; of a shown one up to which any story in them is believed.
BRIEF_TEXT, AMPLE_TEXT = 900, 3_000
MORE_IN_SCRIPT = 1.3
STUB_TEXT = 240
# What follows the reading of a page runs in the crawl's own process. The longest of the real texts has 120,000
# characters, and the most paragraphs are some thousands.
LONGEST_STORY, MAX_PARAGRAPHS = 500_000, 20_000
# What is handed on to trafilatura, three times what the largest of 2,000 real pages have: some of its steps take the
# square, or the cube, of what stands in each other, and its copies of a tree the sevenfold memory.
MAX_TRAFILATURA_ELEMENTS = 12_000
MAX_TRAFILATURA_ATTRIBUTES = 100_000
MAX_TRAFILATURA_DEPTH = 150  # levels below the body
MAX_SQUARED_DEPTHS = 10_000_000  # sum over all elements: what asking each of them about all around and below it costs
MAX_NESTED_TEXT = 10_000_000
"""Characters, each counted for all elements around it, or for all that are around the links around it."""
MAX_JOINED_TEXT = 300_000_000
"""Characters behind the elements in one that trafilatura drops, times these elements: it joins them one by one."""
UNREAD = ("script", "style")  # dropped by trafilatura before anything else
_ELEMENTS = etree.XPath("count(/descendant::node()[not(self::text())])")
_ATTRIBUTES = etree.XPath("count(/descendant::*/@*)")


def read_body(
    document: Document, markup: Markup, headline: HtmlElement | None, rules: SiteRules
) -> tuple[str | None, str]:
    """Read the text of the page's story.

    Args:
        document: the page; not changed.
        markup: what the page says of itself.
        headline: the element that shows the headline.
        rules: of the site; `text` names the element that holds the text.

    Returns: the text, paragraphs split by newlines (None when there is none), and who read it: `rule`, `tree`,
        `trafilatura`, or `script` where the page's data for its scripts hold more than it shows.
    """
    text, reader, certain = _read_shown(document, markup, headline, rules)
    weight = prose_weight(text)
    asked = reader != "rule" and weight < (BRIEF_TEXT if certain else AMPLE_TEXT)
    if asked and (weight < STUB_TEXT or markup.script.mentions(text) or markup.script.mentions(markup.title)):
        from_script = _read_script(document, markup, weight)
        if prose_weight(from_script) > MORE_IN_SCRIPT * weight:
            markup.script.found.own = True
            return within_bounds(from_script), "script"
    return within_bounds(text) or None, reader


def within_bounds(text: str) -> str:
    """Cut a text behind its last paragraph within `LONGEST_STORY` characters and `MAX_PARAGRAPHS`."""
    if text.count("\n") >= MAX_PARAGRAPHS:
        text = "\n".join(text.split("\n", MAX_PARAGRAPHS)[:MAX_PARAGRAPHS])
    if len(text) > LONGEST_STORY:
        end = text.rfind("\n", LONGEST_STORY // 2, LONGEST_STORY)
        text = text[: end if end > 0 else LONGEST_STORY]
    return text


def _read_script(document: Document, markup: Markup, shown: int) -> str:
    """Read the text that the page's data for its scripts hold; empty where that is no more than the page shows.

    Args:
        document: the page.
        markup: what the page says of itself.
        shown: weight of the text that the page shows.
    """
    found = markup.script.found
    if found.weight <= MORE_IN_SCRIPT * shown or not (found.own or shown < STUB_TEXT):
        return ""
    try:
        body = parse_fragment(found.html, document.url)
    except PageError:
        return ""
    return clean_text(find_paragraphs(measure_density(build_outline(body), None), None, body).joined())


def _read_shown(
    document: Document, markup: Markup, headline: HtmlElement | None, rules: SiteRules
) -> tuple[str, str, bool]:
    """Read the text that the page shows: the text, who read it, and whether that is certain."""
    density = measure_density(document.outline, headline, markup.title)
    by_rule = next(iter(document.root.cssselect(rules.text)), None) if rules.text else None
    found = find_paragraphs(density, headline, by_rule)
    text = clean_text(found.joined())
    certain = found.certain
    if not certain and len(marked := markup.props.get("articlebody", [])) == 1:
        within = clean_text(find_paragraphs(density, headline, marked[0]).joined())
        # The mark may stand on a box with the lead alone, and not all in it may be read as prose.
        shown = len(clean_line(marked[0].text_content()))
        if len(within) > max(MARKED_TEXT, len(text) / 2, MARKED_SHARE * shown):
            text, certain = within, True
    if certain:
        return text, "rule" if by_rule is not None else "tree", True
    other = _by_trafilatura(document)
    if not other and not text:
        return "", "", False
    # A page in pieces (a live ticker, a gallery) may leave trafilatura with one of them.
    if len(other) * MAX_TIMES_SHORTER < len(text) and len(text) > PIECED_TEXT:
        return text, "tree", False
    return (other, "trafilatura", False) if other else (text, "tree", False)


def _by_trafilatura(document: Document) -> str:
    """Ask trafilatura for the text, and cut it at a mark of the story's end; empty for pages it takes too long for."""
    if _is_heavy(document):
        return ""
    import trafilatura  # loaded for the pages that need it

    try:
        answer = trafilatura.bare_extraction(document.root, fast=True, include_comments=False, prune_xpath="//template")
    except Exception:  # a page it cannot take must not cost the story
        return ""
    text = getattr(answer, "text", None) or ""
    if text.count("</p>") > MAX_PRINTED_TAGS:  # of a text area
        return ""
    lines = clean_text(text).split("\n")
    before, after = 0, sum(map(len, lines))
    for index, line in enumerate(lines):
        after -= len(line)
        if before > BEFORE_END_MARK and after < end_share(line) * before:
            return "\n".join(lines[:index])
        before += len(line)
    return "\n".join(lines)


def _is_heavy(document: Document) -> bool:
    """Tell whether a page is larger or deeper than trafilatura reads in time."""
    if document.outline.cut:
        return True
    elements, attributes = (float(count(document.root)) for count in (_ELEMENTS, _ATTRIBUTES))  # type: ignore[arg-type]  # numbers by their paths
    if elements > MAX_TRAFILATURA_ELEMENTS or attributes > MAX_TRAFILATURA_ATTRIBUTES:
        return True
    body = document.root.find("body")
    return body is not None and _nests_much(body)


def _nests_much(body: HtmlElement) -> bool:
    """Tell whether elements stand in each other so deep, or with so much text, that asking each takes too long."""
    from trafilatura.settings import MANUALLY_CLEANED

    depth = squares = nested = linked = 0
    linked_depths = 0  # sum of the depths of the links that are open
    dropped = [[0, 0]]  # of each open element: elements in it that are dropped, and characters behind them
    for event, element in etree.iterwalk(body, events=("start", "end")):
        is_link = element.tag == "a"
        if event == "start":
            depth += 1
            squares += depth * depth
            linked_depths += depth * is_link
            dropped.append([0, 0])
            text = None if element.tag in UNREAD else element.text
        else:
            linked_depths -= depth * is_link
            depth -= 1
            text = element.tail
            elements, characters = dropped.pop()
            if elements * characters > MAX_JOINED_TEXT:
                return True
            if text and element.tag in MANUALLY_CLEANED:
                dropped[-1][0] += 1
                dropped[-1][1] += len(text)
        if text:
            nested += len(text) * depth
            linked += len(text) * linked_depths
        if depth > MAX_TRAFILATURA_DEPTH or squares > MAX_SQUARED_DEPTHS or max(nested, linked) > MAX_NESTED_TEXT:
            return True
    return False
