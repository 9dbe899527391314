"""The story's text: off the tree where the page is plain about it, else by trafilatura.

`prose.py` reads most pages in a fifth of the time and with a little more accuracy; trafilatura (Barbaresi 2021, the
best of the general extractors) is asked where structure and text do not agree, and its answer is then taken unless it
finds much less.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kolcrawl.page.facts.boilerplate import end_share
from kolcrawl.page.facts.paragraphs import Prose, find_prose
from kolcrawl.text.normalize import clean_line, clean_text

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.site_rules import SiteRules


MARKED = 400  # characters, at least, that make an element with itemprop=articleBody the story's
HELD = 2 / 3  # of such an element's text that must be read as the story's
MOST_ELEMENTS = 30_000  # of a page that is handed on; ten times a large one, and some of its steps are quadratic


def read_body(
    document: Document, markup: Markup, anchor: HtmlElement | None, rules: SiteRules
) -> tuple[str | None, str]:
    """The text of the page's story, paragraphs split by newlines, and who read it.

    Args:
        document: the page; not changed.
        markup: what the page says of itself.
        anchor: the element that shows the headline.
        rules: of the site; `text` names the element that holds the text.

    Returns: the text (None when there is none) and `rule`, `tree` or `trafilatura`.
    """
    frame = None
    if rules.text:
        frame = next(iter(document.root.cssselect(rules.text)), None)
    prose = find_prose(document.root, anchor, frame)
    own = _told(prose)
    if not prose.sure and len(named := markup.props.get("articlebody", [])) == 1:
        marked = find_prose(document.root, anchor, named[0])
        # The mark may stand on a box with the lead alone, and not all in it may be read as prose.
        if len(told := _told(marked)) > max(MARKED, len(own) / 2, HELD * len(clean_line(named[0].text_content()))):
            prose, own = marked, told
    if prose.sure:
        return own or None, "rule" if frame is not None else "tree"
    other = _by_trafilatura(document)
    if not other and not own:
        return None, ""
    # A page in pieces (a live ticker, a gallery) may leave trafilatura with one of them.
    if len(other) * 3 < len(own) and len(own) > 600:
        return own, "tree"
    return (other, "trafilatura") if other else (own, "tree")


def _told(prose: Prose) -> str:
    return clean_text("\n".join(block.text for block in prose.blocks))


def _by_trafilatura(document: Document) -> str:
    if len(document.elements) > MOST_ELEMENTS:
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
        if before > 150 and after < end_share(line) * before:
            return "\n".join(lines[:index])
        before += len(line)
    return "\n".join(lines)
