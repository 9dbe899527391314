"""Each doc and its Chinese twin say the same: headings, commands, names in code, tables with their figures, links.

A doc's twin is `NAME.zh-CN.md` beside it. What a test here finds is mended in the twin (CONTRIBUTING.md).
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE = {"settings.zh-CN.md"}
"""Made with its English by one command, and held by a test of its own."""
TWINS = sorted(
    {path for folder in (ROOT, ROOT / "docs") for path in folder.glob("*.zh-CN.md") if path.name not in MADE}
)
HAN = re.compile(r"[\u4e00-\u9fff]")
COMMENT = re.compile(r"\s*(?:(?<![\w'\"])#\s|//\s).*$")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
RUN_ID = re.compile(r"\b\d{8}-\d{6}-[0-9a-f]{6}\b")
"""Of a crawl; output in either language is that of a run of its own."""
FIGURE = re.compile(r"\d+(?:[.,:]\d+)+|\d{2,}")
"""A number of more than one digit; smaller ones may be written as words."""


def english_of(twin: Path) -> Path:
    """Give the doc of which a twin is the Chinese."""
    return twin.with_name(twin.name.replace(".zh-CN.md", ".md"))


def text_of(path: Path) -> str:
    """Read a doc without the link to its twin."""
    text = path.read_text(encoding="utf-8")
    return re.sub(r"\[(?:English|中文(?:说明)?)\]\([\w.-]+\)", "", text)


def prose_of(path: Path) -> str:
    """Read a doc without blocks of code."""
    lines = FENCE.sub("", text_of(path)).splitlines()
    return "\n".join(line for line in lines if not line.startswith("    "))


def code_of(path: Path) -> list[str]:
    """Collect the lines of code and output, without comments, blank lines and what names a run."""
    fenced, lines = False, []
    for line in text_of(path).splitlines():
        fenced ^= line.startswith("```")
        if (fenced or line.startswith(("    ", "```"))) and (code := COMMENT.sub("", line.rstrip())).strip():
            lines.append(RUN_ID.sub("ID", code))
    return lines


def tables_of(path: Path) -> list[list[str]]:
    """Collect the tables, as lists of rows."""
    tables: list[list[str]] = []
    before = ""
    for line in prose_of(path).splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                tables.append([])
            tables[-1].append(line)
        before = line
    return tables


def cells(row: str) -> int:
    """Count the cells of a row; a bar in code is none of its borders."""
    return len(re.sub(r"\\\|", "", row).strip("|").split("|"))


def targets_of(path: Path) -> Counter[str]:
    """Count the files and addresses that a doc links to, twins under the name of their doc."""
    links = (link.partition("#")[0] or path.name for link in LINK.findall(text_of(path)))
    return Counter(re.sub(r"\.zh(-CN)?\.(md|png)$", r".\2", re.sub(r"\.en\.png$", ".png", link)) for link in links)


def anchors_of(path: Path) -> set[str]:
    """Collect the anchors that GitHub gives the headings of a doc."""
    headings = re.findall(r"^#+ (.+)$", prose_of(path), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


def named_in_code(path: Path) -> set[str]:
    """Collect the words in backquotes that have no blank and no Chinese in them: names, options, files."""
    spans = set(re.findall(r"`([^`]+)`", prose_of(path)))
    return {span.replace(".zh-CN", "") for span in spans if not re.search(r"\s", span) and not HAN.search(span)}


def test_every_doc_has_a_twin() -> None:
    """Whoever reads Chinese reads all of them."""
    english = {path for path in ROOT.glob("docs/*.md") if not path.name.endswith(".zh-CN.md")}
    assert {path.name for path in english if not path.with_name(f"{path.stem}.zh-CN.md").exists()} == set()


@pytest.mark.parametrize("twin", TWINS, ids=lambda path: path.name)
def test_a_twin_says_the_same(twin: Path) -> None:
    """Headings of the same levels, the same lines of code, names, tables with the same figures, and links."""
    english = english_of(twin)
    levels = [[len(marks) for marks in re.findall(r"^(#+) ", prose_of(doc), re.MULTILINE)] for doc in (english, twin)]
    assert levels[0] == levels[1]
    code = code_of(english), code_of(twin)
    assert len(code[0]) == len(code[1])
    # output that is shown in the reader's language stands for the English
    assert [
        (ours, theirs) for ours, theirs in zip(*code, strict=True) if ours != theirs and not HAN.search(theirs)
    ] == []
    assert named_in_code(english) ^ named_in_code(twin) == set()
    tables = tables_of(english), tables_of(twin)
    assert [len(table) for table in tables[0]] == [len(table) for table in tables[1]]
    for ours, theirs in zip(*(chain.from_iterable(found) for found in tables), strict=True):
        assert (cells(ours), sorted(FIGURE.findall(ours))) == (cells(theirs), sorted(FIGURE.findall(theirs))), theirs
    assert targets_of(english) - targets_of(twin) == targets_of(twin) - targets_of(english) == Counter()


@pytest.mark.parametrize("doc", sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("*.md")]), ids=lambda path: path.name)
def test_links_lead_to_headings_that_are_there(doc: Path) -> None:
    """Anchors exist; and a twin leads its reader on in Chinese wherever that can be."""
    for link in LINK.findall(text_of(doc)):
        file, _, anchor = link.partition("#")
        target = doc.parent / file if file else doc
        if "://" in link or target.suffix != ".md":
            continue
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link
        if doc.name.endswith(".zh-CN.md") and not file.endswith(".zh-CN.md") and file:
            assert not target.with_name(target.stem + ".zh-CN.md").exists(), f"{link} has a Chinese twin"
