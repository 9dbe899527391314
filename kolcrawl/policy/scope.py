"""Bound what a crawl fetches and keeps: every cut has a reason, a stable code that is stored with the story.

`Scope.verdict` is asked when a link is seen, `Budget.take` when a request leaves the frontier (so that the budget is
spent on the best requests that wait, not on those that were seen first), `Scope.story_verdict` when the story has been
read.

Patterns of `include` and `exclude` are looked for in the whole URL; `*` stands for any characters, `$` at the end for
the URL's end, as in robots.txt (RFC 9309), everything else for itself. Regular expressions are not offered: URLs are
full of their special characters, and a pattern must not be able to hang a crawl. These take time linear in the URL.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, Literal, get_args

from kolcrawl.errors import ArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Reach = Literal["site", "listed", "any"]
Reason = Literal[
    "kind",  # of a kind that is not followed
    "nofollow",  # the page asks not to follow it
    "depth",  # farther from the seeds than allowed
    "off_site",  # on a site outside the scope
    "excluded",  # matches an exclude pattern
    "not_included",  # matches no include pattern
    "off_topic",  # relevance under the floor
    "budget",  # the page budget of the crawl is spent
    "site_budget",  # that of its site is
    "too_old",  # published before `since`
    "too_new",  # published after `until`
    "language",  # in a language not asked for
]
CUT_ORDER: Final[dict[str, int]] = {reason: place for place, reason in enumerate(get_args(Reason), 1)}
"""Of several reasons why links to a story are not followed, the latest is the story's: its link came nearest to it."""
MAX_PATTERNS = 200
MAX_PATTERN_CHARS = 500
MAX_AGE_HOURS = 24 * 366 * 100


@dataclass(frozen=True, slots=True)
class UrlPattern:
    """A URL pattern in its pieces between `*`."""

    source: str
    pieces: tuple[str, ...]
    at_end: bool

    def matches(self, url: str) -> bool:
        """Tell whether the pattern stands anywhere in the URL; letters match without case."""
        url, start = url.casefold(), 0
        for piece in self.pieces[:-1] if self.at_end else self.pieces:
            start = url.find(piece, start)
            if start < 0:
                return False
            start += len(piece)
        return not self.at_end or (url.endswith(self.pieces[-1]) and len(url) - len(self.pieces[-1]) >= start)


def parse_patterns(name: str, value: str | Iterable[str]) -> tuple[UrlPattern, ...]:
    """Read the patterns of `include` or `exclude`.

    Args:
        name: of the argument, for the error message.
        value: patterns split by spaces or commas, or one by one.

    Raises:
        ArgumentError: a pattern matches everything or is too long, or there are too many.
    """
    words = value.replace(",", " ").split() if isinstance(value, str) else list(value)
    if len(words) > MAX_PATTERNS:
        raise ArgumentError(
            "{name}: {n} patterns are more than {most}; use fewer, with *", name=name, n=len(words), most=MAX_PATTERNS
        )
    found = []
    for word in words:
        if len(word) > MAX_PATTERN_CHARS:
            raise ArgumentError(
                "{name}: a pattern of {n} characters is longer than {most}",
                name=name,
                n=len(word),
                most=MAX_PATTERN_CHARS,
            )
        at_end = word.endswith("$")
        pieces = tuple(piece for piece in re.split(r"\*+", word.removesuffix("$").casefold()))
        if not any(pieces):
            raise ArgumentError(
                "{name}: {word!r} matches every URL; name a part of it, e.g. {name}=/news/", name=name, word=word
            )
        found.append(UrlPattern(word, pieces, at_end))
    return tuple(found)


_AGE = re.compile(r"(\d{1,5})\s*([hdw])", re.IGNORECASE)


def parse_moment(name: str, value: str, now: datetime) -> datetime:
    """Read `since` or `until`: a day (2026-03-01), a time (2026-03-01T08:00+08:00) or an age (12h, 30d, 8w).

    A day is in UTC and counts whole: `since` from its first moment, `until` to its last. A time without zone is UTC.

    Raises:
        ArgumentError: it is none of these.
    """
    text = value.strip()
    if age := _AGE.fullmatch(text):
        hours = int(age[1]) * {"h": 1, "d": 24, "w": 168}[age[2].lower()]
        return now - timedelta(hours=min(hours, MAX_AGE_HOURS))
    try:
        day = date.fromisoformat(text)
    except ValueError:
        pass
    else:
        return datetime.combine(day, time.max if name == "until" else time.min, UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentError(
            "{name}={value!r} is not a date; give a day like 2026-03-01, a time like"
            " 2026-03-01T08:00+08:00, or an age like 12h, 30d or 8w",
            name=name,
            value=value,
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_languages(name: str, value: str) -> tuple[str, ...]:
    """Read `languages`: BCP 47 tags split by commas or spaces, e.g. `zh,en` or `zh-Hans`.

    Raises:
        ArgumentError: one is not a language tag.
    """
    tags = value.replace(",", " ").replace("_", "-").split()
    for tag in tags:
        if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", tag):
            raise ArgumentError(
                "{name}: {tag!r} is not a language tag; give e.g. zh, zh-Hans or en", name=name, tag=tag
            )
    return tuple(tag.lower() for tag in tags)


def parse_reach(name: str, value: str) -> Reach:
    """Read `scope`.

    Raises:
        ArgumentError: it is not one of `site`, `listed`, `any`.
    """
    for reach in get_args(Reach):
        if value.strip().lower() == reach:
            return reach  # type: ignore[no-any-return]
    raise ArgumentError(
        "{name}={value!r} is not a scope; there are {known}", name=name, value=value, known=", ".join(get_args(Reach))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The bounds of a crawl; the defaults bound only the kind of link."""

    depth: int | None = None
    """Link steps from a seed; None sets no limit."""
    reach: Reach = "any"
    """`site`: the seeds' sites; `listed`: these and `sites`; `any`: everywhere."""
    sites: frozenset[str] = frozenset()
    """Registrable domains in reach: those of the seeds, and for `listed` those the user lists."""
    include: tuple[UrlPattern, ...] = ()
    """A URL must match one of them, if there are any."""
    exclude: tuple[UrlPattern, ...] = ()
    """A URL must match none; stronger than `include`."""
    kinds: frozenset[str] = frozenset({"related"})
    """Kinds of links that are followed."""
    follow_below: float = 0.0
    """Links of lower relevance are not followed."""
    nofollow: bool = True
    """Whether links marked nofollow are left alone."""
    since: datetime | None = None
    until: datetime | None = None
    """Bounds of the publication time, aware; a story without a date passes."""
    languages: tuple[str, ...] = ()
    """Language tags in lower case, of which a story must match one, if there are any; an unknown language passes."""

    def verdict(
        self,
        url: str,
        *,
        site: str,
        depth: int,
        kind: str,
        relevance: float | None = None,
        nofollow: bool = False,
    ) -> Reason | None:
        """Decide why a link's target will not be fetched; None if it may be.

        Args:
            url: canonical URL of the target.
            site: its registrable domain (`kolcrawl.urls.site_of`).
            depth: link steps from the seed to the target.
            relevance: of the link; None where it was not judged, which passes.
        """
        if kind not in self.kinds:
            return "kind"
        if nofollow and self.nofollow:
            return "nofollow"
        if self.reach != "any" and site not in self.sites:
            return "off_site"
        if any(pattern.matches(url) for pattern in self.exclude):
            return "excluded"
        if self.include and not any(pattern.matches(url) for pattern in self.include):
            return "not_included"
        if self.depth is not None and depth > self.depth:
            return "depth"
        if relevance is not None and relevance < self.follow_below:
            return "off_topic"
        return None

    def story_verdict(self, published_at: datetime | None, lang: str | None) -> Reason | None:
        """Decide why a story that was read is outside the scope; None if it is inside, or the page does not say.

        Args:
            published_at: aware.
            lang: BCP 47; matched by prefix as in RFC 4647 section 3.3.1, so `zh` takes `zh-Hant-TW`.
        """
        if published_at is not None:
            if self.since is not None and published_at < self.since:
                return "too_old"
            if self.until is not None and published_at > self.until:
                return "too_new"
        if lang and self.languages:
            tag = lang.lower().replace("_", "-")
            if not any(tag == wanted or tag.startswith(f"{wanted}-") for wanted in self.languages):
                return "language"
        return None


class Budget:
    """The pages that may still be asked for, in all and of each site."""

    def __init__(self, max_pages: int = 0, max_pages_per_site: int = 0) -> None:
        """Set the limits.

        Args:
            max_pages: in all; 0 sets no limit.
            max_pages_per_site: of one registrable domain; 0 sets no limit.
        """
        self.max_pages = max_pages
        self.max_pages_per_site = max_pages_per_site
        self.taken = 0
        self._by_site: Counter[str] = Counter()

    def take(self, site: str) -> Reason | None:
        """Count a page that is about to be asked for.

        Returns: None; else the budget that is spent, and the page is not counted.
        """
        if self.spent:
            return "budget"
        if self.max_pages_per_site and self._by_site[site] >= self.max_pages_per_site:
            return "site_budget"
        self.taken += 1
        self._by_site[site] += 1
        return None

    def give_back(self, site: str) -> None:
        """Give back a page that was taken and cost nothing, e.g. one that robots.txt forbids."""
        if self._by_site[site] > 0:
            self.taken -= 1
            self._by_site[site] -= 1

    def restore(self, taken: Mapping[str, int]) -> None:
        """Continue with pages that were taken before, counted by site."""
        self._by_site = Counter(taken)
        self.taken = sum(taken.values())

    @property
    def spent(self) -> bool:
        """Whether no page at all may be asked for any more."""
        return bool(self.max_pages) and self.taken >= self.max_pages

    @property
    def left(self) -> int | None:
        """Pages that may still be asked for; None without a limit."""
        return max(0, self.max_pages - self.taken) if self.max_pages else None
