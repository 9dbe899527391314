"""The text of an element, and what is walked to get it."""

from __future__ import annotations

import lxml.html
import pytest

from kolcrawl.page.element_text import MOST_STEPS, text_of


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<h1>A</h1>", "A"),
        ("<h1></h1>", ""),
        ("<h1>a<b>b<i>c</i>d</b>e<!-- x -->f<?y z>g<br>h</h1>i", "abcdefgh"),
        ("<h1><b><i></i></b><b>x</b></h1>", "x"),
    ],
)
def test_texts_are_joined(markup: str, text: str) -> None:
    """All texts within, in their order; comments and what follows the element are none of them."""
    assert text_of(lxml.html.fragment_fromstring(markup, create_parent=True)[0]) == text


@pytest.mark.parametrize("inner", ["<!--x-->", "<?x>", "<br>", "<b></b>", "<b>", "<b><!--x--></b>"])
def test_walk_is_bounded(inner: str) -> None:
    """A text far behind elements or comments without any is not walked to, one behind a few is found."""
    far, near = (lxml.html.fragment_fromstring(f"<p>{inner * n}text</p>", create_parent=True)[0] for n in (5_000, 9))
    assert text_of(far) == ""
    assert text_of(near) == "text"
    assert text_of(near, 2) == "te"
    assert MOST_STEPS < 5_000
