"""What is known of HTML elements: which ones show text, break lines, hold prose or stand beside a story.

Tag names are in lower case, as libxml2 gives them. Where two readers need almost the same set, one is written as
the other with its difference, so that the difference is seen.
"""

from __future__ import annotations

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))

EMPHASIS = frozenset(("b", "caption", "dt", "label", "legend", "strong", "summary", "th"))
"""Elements whose text, when it is short, may head what follows it."""

SILENT = frozenset(
    ("audio", "canvas", "datalist", "iframe", "math", "noscript", "object", "option", "script", "select", "style",
     "svg", "template", "textarea")
)  # fmt: skip
"""Elements whose content a reader does not see as text of the page."""

OUTSIDE_BYLINES = SILENT | {"head", "title"}
"""Elements that hold no printed line."""

OUTSIDE_OUTLINE = (SILENT | {"head"}) - {"noscript", "template"}
"""Elements that the outline leaves out. Pages keep links that are loaded later in `noscript` and `template`."""

OUTSIDE_PROSE = SILENT | {"button"}
"""Elements that hold no prose."""

BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "center", "dd", "details", "div", "dl", "dt", "fieldset",
     "figcaption", "figure", "footer", "form", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
     "summary", "table", "tbody", "tfoot", "thead", "tr", "ul")
) | HEADINGS  # fmt: skip
"""Elements that make a paragraph of their own."""

LINE_BREAKING = BLOCKS | {"body", "br", "button", "td", "th", "time"}
"""Elements before and after which a printed line ends. Bylines keep each of their parts in a cell or a `time`."""

INLINE = frozenset(
    ("a", "abbr", "amp-img", "b", "bdi", "bdo", "big", "cite", "code", "del", "em", "font", "i", "img", "ins", "kbd",
     "label", "mark", "noscript", "picture", "q", "s", "small", "source", "span", "strike", "strong", "sub", "sup",
     "time", "tt", "u", "var", "wbr")
)  # fmt: skip
"""Elements that stand in a line of text."""

TEXT_LEAVES = frozenset(("b", "em", "font", "i", "p", "span", "strong"))
"""Elements that hold a run of text and never a whole story."""

PARAGRAPHS = frozenset(
    ("article", "blockquote", "body", "center", "dd", "div", "font", "h2", "li", "main", "p", "pre", "section",
     "span", "td")
)  # fmt: skip
"""Elements in which pages keep the running text of a story."""

TEXTUAL_BLOCKS = HEADINGS | {"blockquote", "dd", "dt", "li", "ol", "p", "pre", "tr", "ul"}
"""Blocks whose text belongs to the story however short it is."""

BESIDE_STORY = frozenset(
    ("aside", "audio", "button", "canvas", "dialog", "embed", "figcaption", "figure", "footer", "form", "head",
     "iframe", "input", "label", "map", "nav", "noscript", "object", "option", "picture", "script", "select", "style",
     "svg", "template", "textarea", "title", "video")
)  # fmt: skip
"""Elements whose content is not running text of the story, whatever their class."""

PAGE_MARGINS = frozenset(("aside", "footer", "nav"))
"""Elements that stand beside the story even when they hold much of the page's text."""
