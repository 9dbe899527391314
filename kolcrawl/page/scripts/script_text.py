"""Write the text of a story that stands in script data as HTML, so that it is read like any other."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from kolcrawl.page.scripts.script_keys import piece_words
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT_PIECES = 5_000  # of one text
MAX_PIECE_DEPTH = 25  # levels of pieces within each other
LONGEST_SCRIPT_TEXT = 400_000  # characters
_TAG = re.compile(
    r"<(?:p|br|div|section|span|h[1-6]|ul|ol|li|blockquote|a|strong|em|b|i|img|figure)\b[^<>]*>", re.IGNORECASE
)
_ANY_TAG = re.compile(r"<[^<>]{0,2000}>")
_ESCAPED_TAG = re.compile(r"&lt;(?:p|br|div|section|span|h[1-6]|img)\b")
_BLOCK_TAG = re.compile(r"<(?:p|div|section|h[1-6]|ul|ol|li|blockquote|table|figure)\b", re.IGNORECASE)
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEADING = re.compile(
    r"h[1-6]|head(?:ing|er|line)?|subhead(?:ing|line)?|crosshead(?:ing)?|title|subtitle", re.IGNORECASE
)
_NOT_PROSE = re.compile(r"^\s*(?:[{\[]|https?://|data:|function\b|[.#]?[\w-]+\s*\{)")


def shown_weight(value: Any) -> int:
    """Weigh the text in a value as prose, roughly and fast; 0 for what holds none."""
    if isinstance(value, str):
        text = value[:LONGEST_SCRIPT_TEXT]
        if _NOT_PROSE.match(text):
            return 0
        if "&lt;" in text[:500]:
            text = html.unescape(text)
        return prose_weight(_ANY_TAG.sub("", text))
    return sum(prose_weight(piece) for _, piece in _pieces(value))


def text_to_html(value: Any) -> str:
    """Write a text as HTML: markup as it is, plain text and lists of pieces as paragraphs."""
    if isinstance(value, str):
        text = _UNREADABLE.sub("", value[:LONGEST_SCRIPT_TEXT])
        if _ESCAPED_TAG.search(text[:2_000]):
            text = html.unescape(text)
        if _TAG.search(text):
            return text if _BLOCK_TAG.search(text) else f"<p>{text}</p>"
        return "".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n") if line.strip())
    return "".join(f"<{tag}>{_UNREADABLE.sub('', piece)}</{tag}>" for tag, piece in _pieces(value))


def _pieces(value: Any) -> Iterator[tuple[str, str]]:
    """Return the paragraphs and headings of a list of pieces: tag, and inner HTML."""
    left = MAX_TEXT_PIECES
    for piece in _paragraphs(value, 0):
        yield piece
        left -= 1
        if left < 0:
            return


def _paragraphs(value: Any, depth: int) -> Iterator[tuple[str, str]]:
    if depth > MAX_PIECE_DEPTH:
        return
    if isinstance(value, list):
        if _is_line(value, depth):
            yield "p", _line(value, depth)
            return
        for entry in value:
            yield from _paragraphs(entry, depth + 1)
    elif isinstance(value, str):
        if not _NOT_PROSE.match(value) and any(character.isspace() or character > "\u2e80" for character in value):
            yield "p", _inner(value)
    elif isinstance(value, dict):
        kinds = _kinds(value)
        if not kinds.isdisjoint(piece_words("outside")):
            return
        tag = "h3" if any(_HEADING.fullmatch(kind) for kind in kinds) else "p"
        for held in _held(value):
            if isinstance(held, list) and _is_line(held, depth):
                yield tag, _line(held, depth)
            elif isinstance(held, str):
                if not _NOT_PROSE.match(held):
                    yield tag, _inner(held)
            else:
                yield from _paragraphs(held, depth + 1)


def _kinds(piece: dict[str, Any]) -> set[str]:
    """List what a piece calls itself, in lower case without its namespace."""
    named = (piece.get(key) for key in piece if key.lower() in piece_words("keys"))
    return {name.rsplit("/", 1)[-1].rsplit(":", 1)[-1].lower() for name in named if isinstance(name, str)}


def _held(piece: dict[str, Any]) -> list[Any]:
    """Return what a piece holds: the pieces in it, else its text."""
    names = {key.lower(): key for key in piece}
    inner = [
        piece[names[key]]
        for key in names
        if key in piece_words("children") and isinstance(piece[names[key]], list | dict)
    ]
    texts = [piece[names[key]] for key in names if key in piece_words("leaves") and isinstance(piece[names[key]], str)]
    if texts:
        return [max(texts, key=len)]
    return inner


def _is_line(pieces: list[Any], depth: int) -> bool:
    """Tell whether pieces are parts of one line: strings among others, or texts and links."""
    if depth > MAX_PIECE_DEPTH or not pieces:
        return False
    inline = 0
    for piece in pieces:
        if isinstance(piece, dict):
            kinds = _kinds(piece)
            if kinds and kinds <= piece_words("inline"):
                inline += 1
            elif (
                kinds
                or not isinstance(piece.get("text"), str)
                or len(piece["text"]) > 300
                or (len(pieces) > 1 and len(piece) == 1)
            ):
                return False
        elif not isinstance(piece, str):
            return False
    return inline > 0


def _line(pieces: list[Any], depth: int) -> str:
    """Join the parts of one line."""
    parts: list[str] = []
    for piece in pieces:
        if isinstance(piece, str):
            parts.append(_inner(piece))
        elif isinstance(piece, dict):
            for held in _held(piece):
                if isinstance(held, str):
                    parts.append(_inner(held))
                elif isinstance(held, list) and depth < MAX_PIECE_DEPTH:
                    parts.append(_line(held, depth + 1))
    return "".join(parts)


def _inner(text: str) -> str:
    """Write a text as the inside of a paragraph."""
    return (
        text
        if _TAG.search(text) or ("&" in text and ";" in text and "<" not in text)
        else html.escape(text, quote=False)
    )
