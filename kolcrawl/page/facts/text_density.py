"""How much prose stands in which element of a page, and how much of it outside of boxes."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from kolcrawl.page.facts.boilerplate import SURELY_BOXED, is_box
from kolcrawl.page.html import OUTSIDE_PROSE, PAGE_MARGINS
from kolcrawl.text.scripts import prose_weight

if TYPE_CHECKING:
    from lxml.html import HtmlElement

MAX_DEPTH = 150  # levels of the text that are walked; hostile and broken pages nest thousands deep
MIN_RUN = 25  # weight of a run of text that counts as prose

PAUSE = re.compile(r"[。！？，；、：…,.!?;:।۔،؟]")
# Runs of text that stand at the foot of every page of a site, in lower case.
_LEGAL = (
    "版权所有", "版權所有", "许可证", "icp备", "icp证", "公网安备", "all rights reserved", "alle rechte vorbehalten",
    "copyright", "©", "未经授权", "不得轉載", "違反上述規定",
)  # fmt: skip
_NOT_ALLOWED = re.compile("未经.{0,12}(?:许可|允许)")


def _run_weight(run: str) -> float:
    if len(run) < MIN_RUN and run.isascii():
        return 0.0
    text = run.strip()
    size = prose_weight(text)
    if size < MIN_RUN:
        return 0.0
    return 0.3 * size if not PAUSE.search(text) or _is_legal(text) else float(size)


def _is_legal(text: str) -> bool:
    lower = text.lower()  # one pass a word in C is far faster than a regular expression of them all
    return any(word in lower for word in _LEGAL) or ("未经" in lower and bool(_NOT_ALLOWED.search(lower)))


def weigh(
    root: HtmlElement, anchor: HtmlElement | None
) -> tuple[dict[HtmlElement, float], dict[HtmlElement, float], dict[str | None, float]]:
    """Prose below each element: all of it, that outside of boxes, and that directly in elements of each class."""
    own: dict[HtmlElement, float] = defaultdict(float)
    for element in root.iter():
        text = element.text
        if text and len(text) > 9 and element.tag not in OUTSIDE_PROSE and (size := _run_weight(text)):
            own[element] += size
        text = element.tail
        if text and len(text) > 9 and (size := _run_weight(text)):
            own[element.getparent()] += size
    total: dict[HtmlElement, float] = defaultdict(float)
    classes: dict[str | None, float] = defaultdict(float)
    above: dict[HtmlElement | None, list[HtmlElement]] = {None: []}  # paragraphs of one parent share what is above
    held: dict[HtmlElement | None, float] = defaultdict(float)
    runs: list[tuple[HtmlElement, HtmlElement | None, float]] = []
    for element, size in own.items():
        parent = element.getparent()
        chain = above.get(parent)
        if chain is None and parent is not None:
            chain = above[parent] = [parent, *parent.iterancestors()]
            if len(chain) >= 4 * MAX_DEPTH or any(up.tag == "a" or up.tag in OUTSIDE_PROSE for up in chain[:5]):
                chain.clear()  # nothing below it is prose
        tag = element.tag
        if tag == "a" or tag in OUTSIDE_PROSE or not isinstance(tag, str) or not (chain or parent is None):
            continue
        if size < 60:
            size *= 0.4
        runs.append((element, parent, size))
        classes[element.get("class")] += size
        total[element] += size
        held[parent] += size
    for parent, size in held.items():
        for up in above[parent]:
            total[up] += size
    everything = total.get(root, 0.0)
    # What holds the headline is no box, whatever its class says of the columns that it holds, too.
    ways = anchor.iterancestors() if anchor is not None else ()
    boxed: dict[HtmlElement, bool] = {up: False for up in ways if up.tag not in PAGE_MARGINS}

    def box(element: HtmlElement) -> bool:
        known = boxed.get(element)
        if known is None:
            share = total[element] / everything
            known = boxed[element] = share < SURELY_BOXED and is_box(element, classes, everything, share)
        return known

    good: dict[HtmlElement, float] = defaultdict(float)
    free: dict[HtmlElement | None, float] = {}
    shut = {parent for parent in held if any(map(box, above[parent]))}
    for element, parent, size in runs:
        if parent not in shut and not box(element):
            good[element] += size
            free[parent] = free.get(parent, 0.0) + size
    for parent, size in free.items():
        for up in above[parent]:
            good[up] += size
    return total, good, classes
