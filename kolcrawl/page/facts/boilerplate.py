"""Which parts of a page are boxes beside the story, and where the story ends: by tag, class, id, style and heading.

The words are in `data/blocks.toml`; a language or a habit of templates more is a word more.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from kolcrawl.page.html import BESIDE_STORY, PAGE_MARGINS, TEXT_LEAVES
from kolcrawl.text.tables import read_table

if TYPE_CHECKING:
    from lxml.html import HtmlElement

TOLERATED = 0.4  # share of the prose above which no class name makes a box of an element
SURELY_BOXED = 0.75  # the same for names that leave no doubt
END_SHARE = 0.1  # of the prose before a mark of the end that may follow it; a callout in mid-story has more behind it
COMMENTS_SHARE = 3.0  # the same for a heading of readers' comments

_SURE_BOX = re.compile(
    r"(?:^|[\s_-])(?:comments?|disqus|foot|footer|dibu|copyright|sidebar|side-bar)(?:$|[\s_-])", re.IGNORECASE
)
# Of WordPress's and Drupal's containers: the story's own tags and sections, and that a field shows no label.
_TERMS = re.compile(
    r"(?<![\w-])(?:tag|category)-(?!(?:list|links?|cloud|items?|box|container|wrap|wrapper|area)\b)[\w-]+|label-hidden"
)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def is_box(element: HtmlElement, classes: dict[str | None, float], everything: float, share: float = 0.0) -> bool:
    """Whether tag, class, id or style say that the element is not running text.

    Args:
        element: to be judged.
        classes: prose directly in elements of each class.
        everything: prose of the page or frame.
        share: of it that the element holds; above `TOLERATED` only the surest names count.
    """
    if share >= TOLERATED:
        names = f"{element.get('class') or ''} {element.get('id') or ''}"
        if element.tag in PAGE_MARGINS:
            return True
        return element.tag not in ("body", "html", "main", "article") and bool(_SURE_BOX.search(names))
    tag = element.tag
    if tag in BESIDE_STORY:
        return True
    name, ident = element.get("class"), element.get("id")
    if tag in ("p", "h2", "h3", "h4") or tag in TEXT_LEAVES:
        # Sites name their paragraphs oddly; a class that much of the text carries is no mark of a box.
        if name and _names_box(name) and classes.get(name, 0.0) < 0.2 * everything:
            return True
    elif tag not in ("body", "html", "main") and ((name and _names_box(name)) or (ident and _names_box(ident))):
        return True
    if tag == "p":
        return False  # a paragraph hidden from non-subscribers is still the story
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    style = element.get("style")
    return bool(style and "display" in style and _HIDDEN.search(style))


@lru_cache(maxsize=20_000)  # a site's templates say the same thousand names on every page
def _names_box(name: str) -> bool:
    return bool(_box_words().search(_TERMS.sub("", name)))


@cache
def _box_words() -> re.Pattern[str]:
    table = _table()
    begin = "|".join(map(re.escape, table["begin"]))
    whole = "|".join(map(re.escape, table["whole"]))
    # A part begins at the start, behind a space, dash or underscore, or at a capital inside.
    return re.compile(
        rf"(?:^|[\s_-])(?:(?i:{begin})|(?i:{whole})(?=$|[\s_-]))|(?<=[a-z])(?:Related|Recommend|Comment|Share|Caption|Sidebar|Footer)"
    )


@cache
def _ends() -> dict[str, float]:
    """Marks, with how much longer the prose behind them may be than the story before them."""
    table = _table()
    marks = dict.fromkeys((word for words in table["ends"].values() for word in words), END_SHARE)
    return marks | dict.fromkeys(table["comments"]["any"], COMMENTS_SHARE)


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    return read_table("blocks.toml")


def end_share(text: str) -> float:
    """For a heading behind which a story ends (`Related`, `相关阅读`, `12 Kommentare`): how much prose may follow, as
    a share of the prose before it. 0 for any other line."""
    if len(text) > 40:
        return 0.0
    return _ends().get(re.sub(r"^[\W\d]+|[\W\d]+$", "", text).lower(), 0.0)
