"""How much a link or a story is about what the crawl is about: 0 to 1, from words alone, learnt as the crawl goes.

What the crawl is about is a list of weighted terms (`kolcrawl.crawl.terms`), taken from the seeds' titles and texts
and from `about`. A term weighs the more, the more often the seeds use it, and the rarer it is in stories that are
*not* about the topic: document frequencies are learnt from every story read, each counted as far as it is off the
topic, so that a crawl which stays on its story does not unlearn the story's name (the relevance weight of Robertson
& Sparck Jones 1976, with the crawl's own judgement in place of a reader's). Stories judged relevant add their terms
in turn, with the seeds as anchor (Rocchio 1971), so that the crawl can follow a story that takes on new names.

A link is judged before its target is read: what its page is about is the prior, what anchor and heading say is the
evidence, added as log odds. So an anchor that says nothing (empty, or in a script the topic has no terms of) keeps
its page's chance instead of none. Everything here is pure computation, deterministic in the order of calls; memory
is bounded by `max_terms`.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from kolcrawl.crawl.terms import acronyms, count_terms, is_unspaced, script_of, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEED_CHARS = 20_000  # of a seed's text that are read: all of nearly every article
STORY_CHARS = 2_000  # of any other text: news says first what it is about, and time is short
TITLE_COUNT = 3  # a term in the title counts as so many in the text
HALF_COUNT = 3.0  # occurrences at which a term has half its salience
PROFILE_TERMS = 150  # heaviest terms that make up the topic
PRIOR_STORIES = 30.0  # stories that the assumed document frequencies weigh as much as
RARE = 0.01  # assumed document frequency of a word not seen yet
SEED_WEIGHT = 4.0  # relevant stories that the seeds weigh as much as in the topic
FOLLOWED = 0.4  # chance that a link of a story wholly on the topic stays on it, before its anchor is read
STRAY = 0.04  # the same for a story wholly off it
UNKNOWN = 0.5  # what is said when nothing is known


class Relevance:
    """What a crawl is about, and how near to it links and stories are."""

    def __init__(self, about: str | None = None, *, max_terms: int = 100_000) -> None:
        """Args:
        about: a few words that name the topic, in any languages; weighs as much as a seed's title.
        max_terms: bound on the terms whose document frequency is kept.
        """
        self._max_terms = max_terms
        self._frequency: dict[str, float] = {}
        self._stories = 0.0
        self._seed: dict[str, float] = {}
        self._learnt: dict[str, float] = {}
        self._learnt_stories = 0.0
        self._names: set[str] = set()
        self._weights: dict[str, float] = {}
        self._top_one = self._top_three = self._top_squares = 1.0
        self._scripts: set[str] = set()
        self._stale = 0.0
        self._last: tuple[str, str, Counter[str]] = ("", "", Counter())
        if about and about.strip():
            self._names |= acronyms(about)
            self._add_seed(dict.fromkeys(terms_of(about), 0.8))

    @property
    def ready(self) -> bool:
        """Whether anything is known of the topic yet."""
        return bool(self._weights)

    def learn_seed(self, title: str | None, text: str | None) -> None:
        """Take a seed story into the topic. Several seeds are several sides of one topic, none dilutes another."""
        title, text = title or "", (text or "")[:SEED_CHARS]
        self._names |= acronyms(f"{title}\n{text}")
        self._add_seed(_salience(count_terms(title), count_terms(text)))

    def learn(self, title: str | None, text: str | None, relevance: float | None = None) -> None:
        """Learn from a story that was read: what is common, and what the topic's stories have in common.

        Args:
            relevance: the story's, if `of_story` was asked already.
        """
        if relevance is None:
            relevance = self.of_story(title, text)
        counts = self._counts(title, text)
        if not counts:
            return
        aside = 1.0 - relevance
        self._stories += aside
        known = self._frequency
        for term in counts:
            known[term] = known.get(term, 0.0) + aside
        if len(known) > self._max_terms:
            self._frequency = _pruned(known, self._max_terms // 2)
        if relevance > UNKNOWN:
            self._learnt_stories += relevance
            for term, salience in _salience(count_terms(title or ""), counts).items():
                if salience > 0.05:
                    self._learnt[term] = self._learnt.get(term, 0.0) + relevance * salience
            if len(self._learnt) > self._max_terms // 10:
                self._learnt = _pruned(self._learnt, self._max_terms // 20)
        self._stale += 1.0
        if self._stale > 2 + 0.1 * (self._stories + self._learnt_stories):
            self._weigh()

    def of_link(self, anchor: str | None, heading: str | None = None, parent_relevance: float | None = None) -> float:
        """The chance that a link's target is on the topic, judged before it is read.

        Args:
            anchor: the link text.
            heading: of its block; a heading that names the topic speaks for all its links.
            parent_relevance: of the story that bears the link; None when not known.
        """
        parent = UNKNOWN if parent_relevance is None else parent_relevance
        prior = STRAY + (FOLLOWED - STRAY) * parent
        return _sigmoid(_logit(prior) + self._evidence(anchor or "", heading or ""))

    def of_story(self, title: str | None, text: str | None, expected: float | None = None) -> float:
        """How much a story that was read is on the topic.

        Args:
            expected: the relevance of the link that led here, for a story with nothing to judge by.
        """
        counts = self._counts(title, text)
        if not self._weights or not (counts or title) or self._foreign(counts):
            return UNKNOWN if expected is None else expected
        head = self._cover(terms_of(title or ""))
        weights = self._weights
        body = sum(weights[t] ** 2 * n / (n + 1.0) for t, n in counts.items() if t in weights) / self._top_squares
        return _sigmoid(-3.0 + 4.0 * min(head, 1.0) + 6.0 * min(body, 1.0))

    def pair(self, one: str | None, other: str | None) -> float:
        """How much two titles are about the same thing: the cosine of their terms, weighed by rarity."""
        first, second = set(terms_of(one or "")), set(terms_of(other or ""))
        shared = sum(self._rarity(t) ** 2 for t in first & second)
        if not shared:
            return 0.0
        norm = math.sqrt(sum(self._rarity(t) ** 2 for t in first) * sum(self._rarity(t) ** 2 for t in second))
        return min(1.0, shared / norm)

    def top_terms(self, n: int = 10) -> list[tuple[str, float]]:
        """The heaviest terms of the topic with their weights (1 for the heaviest), to show a user."""
        best = sorted(self._weights.items(), key=lambda item: (-item[1], item[0]))[:n]
        return [(term, weight / self._top_one) for term, weight in best]

    # --- inside

    def _evidence(self, anchor: str, heading: str) -> float:
        """Log odds that anchor and heading add to the prior; 0 when they tell nothing."""
        found = terms_of(anchor[:300])
        if not self._weights or not found or self._foreign(found):
            own = 0.0
        else:
            own = -2.0 + 6.0 * min(1.0, self._cover(found))
        if heading and self._weights:
            own += 2.0 * min(1.0, self._cover(terms_of(heading[:100])))
        return own

    def _cover(self, found: Iterable[str]) -> float:
        """Share of the topic that the terms hold, in units of its three heaviest terms."""
        weights = self._weights
        return sum(weights.get(t, 0.0) for t in set(found)) / self._top_three

    def _foreign(self, found: Iterable[str]) -> bool:
        """Whether the terms are of scripts that the topic has no terms of."""
        return not any(script_of(t) in self._scripts for t in found)

    def _counts(self, title: str | None, text: str | None) -> Counter[str]:
        title, text = title or "", text or ""
        if (title, text) != self._last[:2]:
            self._last = (title, text, count_terms(f"{title}\n{text[:STORY_CHARS]}"))
        return self._last[2]

    def _add_seed(self, salience: Mapping[str, float]) -> None:
        for term, value in salience.items():
            if value > self._seed.get(term, 0.0):
                self._seed[term] = value
        if len(self._seed) > self._max_terms // 10:
            self._seed = _pruned(self._seed, self._max_terms // 20)
        self._weigh()

    def _weigh(self) -> None:
        """Set the topic's terms anew from what has been learnt."""
        share = 1.0 / (SEED_WEIGHT + self._learnt_stories)
        raw = {t: s * SEED_WEIGHT * share * self._rarity(t) for t, s in self._seed.items()}
        for term, value in self._learnt.items():
            raw[term] = raw.get(term, 0.0) + value * share * self._rarity(term)
        best = sorted(raw.items(), key=lambda item: (-item[1], item[0]))[:PROFILE_TERMS]
        self._weights = dict(best)
        values = [weight for _, weight in best]
        self._top_one = values[0] if values else 1.0
        self._top_three = sum(values[:3]) or 1.0
        self._top_squares = sum(v * v for v in values[:5]) * 0.75 or 1.0
        self._scripts = {script_of(t) for t in self._weights} - {"digit"}
        self._stale = 0.0

    def _rarity(self, term: str) -> float:
        """Inverse document frequency off the topic, in nats."""
        seen = self._frequency.get(term, 0.0)
        assumed = RARE if term in self._names else _assumed(term)
        share = (PRIOR_STORIES * assumed + seen) / (PRIOR_STORIES + self._stories)
        return -math.log(min(share, 0.99))


def _salience(title: Counter[str], text: Counter[str]) -> dict[str, float]:
    """How much a story is about each of its terms, 0 to 1."""
    found = {}
    for term in title.keys() | text.keys():
        count = text[term] + TITLE_COUNT * title[term]
        found[term] = (count / (count + HALF_COUNT)) ** 2
    return found


def _assumed(term: str) -> float:
    """Document frequency of a term before any story is read: short words are the common ones (Zipf 1935)."""
    if is_unspaced(term):
        return 0.2 if "\u3040" <= term[0] <= "\u309f" else RARE  # hiragana writes Japanese endings
    return {2: 0.3, 3: 0.3, 4: 0.1}.get(len(term), RARE)


def _pruned(counts: dict[str, float], keep: int) -> dict[str, float]:
    """The `keep` terms of highest count (lossy counting: Manku & Motwani 2002)."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:keep])


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
