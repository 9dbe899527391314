"""Drop the lines that platforms and desks put around a story, by the rules of `data/residue.toml`.

A rule matches a whole line or the end of one, never a word inside a sentence; most are only tried at the edges of
the text, because a sentence in its middle may begin like a credit. One more form is one more entry with a real
example beside it, which the tests run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from kolcrawl.text.scripts import EAST_ASIAN_CHARACTER, EAST_ASIAN_WEIGHT
from kolcrawl.text.tables import read_table

HEAD_LINES = 4  # at the top of a text, that count as its edge
FOOT_LINES = 8  # at its foot, at least; all lines behind the last long paragraph do
LAST_PARAGRAPH = 240  # characters of a long paragraph, the last of which ends the story; an East Asian one counts three
MAX_RESIDUE_CHARACTERS = 260  # of a line that may be residue as a whole


class ResidueRule(NamedTuple):
    """One entry of the data file."""

    pattern: re.Pattern[str]
    where: str
    gives: str | None
    example: str
    eastern: bool
    """Whether it matches East Asian lines only."""


@dataclass(slots=True)
class Stripped:
    """A text without residue, and what was read in the residue."""

    lines: list[str]
    origin: str | None = None
    bylines: list[str] = field(default_factory=list)


@cache
def rules() -> tuple[list[ResidueRule], list[ResidueRule]]:
    """Read the rules for whole lines and those for ends of lines, in the order of the data file."""
    table = read_table("residue.toml")
    lines: list[ResidueRule] = []
    tails: list[ResidueRule] = []
    for entry in table["rule"]:
        match = entry["match"]
        plain = re.sub(r"\\.|\[[^\]]*\]|[(){}?*+|^$:<>P!=.,\d\s]", "", match)
        east, west = bool(EAST_ASIAN_CHARACTER.search(match)), bool(re.search("[A-Za-z]{4}", plain))
        rule = ResidueRule(
            re.compile(match),
            entry.get("where", "any"),
            entry.get("gives"),
            entry["example"],
            east and not west,
        )
        (tails if entry.get("kind") == "tail" else lines).append(rule)
    return lines, tails


def strip_residue(lines: list[str]) -> Stripped:
    """Take residue out of a text.

    Args:
        lines: paragraphs as `kolcrawl.text.normalize.clean_text` leaves them.

    Returns: the lines of the story, the outlet that a dropped line credits, and the bylines among the dropped lines.
    """
    tails = rules()[1]
    out = Stripped([])
    foot = _foot(lines)
    for index, line in enumerate(lines):
        eastern = bool(EAST_ASIAN_CHARACTER.search(line))
        for tail in tails if eastern else ():
            line = tail.pattern.sub("", line)
        if not line:
            continue
        place = "first" if index < HEAD_LINES else "edge" if index >= foot else "any"
        rule, match = _first_match(line, place, eastern) if len(line) <= MAX_RESIDUE_CHARACTERS else (None, None)
        if rule is None or match is None:
            out.lines.append(line)
        elif rule.gives and (name := match["name"]):
            if rule.gives == "authors":
                out.bylines.append(name)
            elif out.origin is None:
                out.origin = name
    return out


def _first_match(line: str, place: str, eastern: bool) -> tuple[ResidueRule, re.Match[str]] | tuple[None, None]:
    """Find the first rule that takes a line for residue at its place in the text, with its match."""
    any_of_them, here = _rules_at(place, eastern)
    if any_of_them.fullmatch(line):
        for rule in here:
            if match := rule.pattern.fullmatch(line):
                return rule, match
    return None, None


@cache
def _rules_at(place: str, eastern: bool) -> tuple[re.Pattern[str], list[ResidueRule]]:
    """Select the rules for a place, and join them to one expression to try first, since hardly a line is residue."""
    held = {"any": ("any",), "edge": ("any", "edge"), "first": ("any", "edge", "first")}[place]
    here = [rule for rule in rules()[0] if rule.where in held and (eastern or not rule.eastern)]
    return re.compile("|".join(rule.pattern.pattern.replace("?P<name>", "?:") for rule in here)), here


def _foot(lines: list[str]) -> int:
    """Find the index of the first line that counts as foot."""
    long = (i for i, line in enumerate(lines) if _weight(line) >= LAST_PARAGRAPH)
    last_long = max(long, default=-1)
    return (
        min(last_long + 1, max(len(lines) - FOOT_LINES, HEAD_LINES))
        if last_long >= 0
        else max(len(lines) - FOOT_LINES, 0)
    )


def _weight(line: str) -> int:
    return len(line) * (EAST_ASIAN_WEIGHT if EAST_ASIAN_CHARACTER.search(line) else 1)
