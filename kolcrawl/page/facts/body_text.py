"""The story's text: off the tree where the page is plain about it, else by trafilatura.

`paragraphs.py` reads most pages in a fifth of the time and with a little more accuracy; trafilatura (Barbaresi 2021,
the best of the general extractors) is asked where structure and text do not agree, and its answer is then taken unless
it finds much less.
"""

from __future__ import annotations

from operator import mul, sub
from typing import TYPE_CHECKING

from lxml import etree

from kolcrawl.page.facts.boilerplate import end_share
from kolcrawl.page.facts.paragraphs import BEFORE_END_MARK, find_paragraphs
from kolcrawl.page.facts.text_density import measure_density
from kolcrawl.text.normalize import clean_line, clean_text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.site_rules import SiteRules

MARKED_TEXT = 400  # characters, at least, that make an element with itemprop=articleBody the story's
MARKED_SHARE = 2 / 3  # of such an element's text that must be read as the story's
MAX_PIECES = 3  # times shorter than the tree's text that trafilatura's may be before it is a piece of it
PIECED_TEXT = 600  # characters of the tree's text, at least, of which it may be a piece
# What is handed on to trafilatura, ten times what the largest of 2,000 real pages have: some of its steps take the
# square, or the cube, of what stands in each other, and its copies of a tree the sevenfold memory.
MAX_ELEMENTS = 30_000
MAX_ATTRIBUTES = 100_000
MAX_DEPTH = 150  # levels below the body
MAX_SQUARED_DEPTHS = 10_000_000  # sum over all elements: what asking each of them about all around and below it costs
MAX_NESTED_TEXT = 10_000_000  # characters, those of each element counted with all that it stands in
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

    Returns: the text, paragraphs split by newlines (None when there is none), and who read it: `rule`, `tree` or
        `trafilatura`.
    """
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
        return text or None, "rule" if by_rule is not None else "tree"
    other = _by_trafilatura(document)
    if not other and not text:
        return None, ""
    # A page in pieces (a live ticker, a gallery) may leave trafilatura with one of them.
    if len(other) * MAX_PIECES < len(text) and len(text) > PIECED_TEXT:
        return text, "tree"
    return (other, "trafilatura") if other else (text, "tree")


def _by_trafilatura(document: Document) -> str:
    """Ask trafilatura for the text, and cut it at a mark of the story's end; empty for pages it takes too long for."""
    if _is_heavy(document):
        return ""
    import trafilatura  # loaded for the pages that need it

    try:
        answer = trafilatura.bare_extraction(document.root, fast=True, include_comments=False)
    except Exception:  # a page it cannot take must not cost the story
        return ""
    lines = clean_text(getattr(answer, "text", None) or "").split("\n")
    before, after = 0, sum(map(len, lines))
    for index, line in enumerate(lines):
        after -= len(line)
        if before > BEFORE_END_MARK and after < end_share(line) * before:
            return "\n".join(lines[:index])
        before += len(line)
    return "\n".join(lines)


def _is_heavy(document: Document) -> bool:
    """Tell whether a page is larger or deeper than trafilatura reads in time."""
    outline = document.outline
    if outline.cut or sum(map(sub, outline.end, outline.start)) > MAX_NESTED_TEXT:
        return True
    depths = [0] * len(outline.parents)
    for node, parent in enumerate(outline.parents):
        if parent >= 0:  # parents come before their children
            depths[node] = depths[parent] + 1
    if max(depths) > MAX_DEPTH or sum(map(mul, depths, depths)) > MAX_SQUARED_DEPTHS:
        return True
    elements, attributes = (float(count(document.root)) for count in (_ELEMENTS, _ATTRIBUTES))  # type: ignore[arg-type]  # numbers by their paths
    return elements > MAX_ELEMENTS or attributes > MAX_ATTRIBUTES
