"""How much a link or a story is about what the crawl is about: 0 to 1, from words alone, learnt as the crawl goes.

What the crawl is about is a list of weighted terms (`kolcrawl.policy.terms`) from the seeds and from `about`. A term
weighs the more, the more often the seeds use it, and the rarer it is in stories that are *not* on the topic: document
frequencies are learnt from the stories read (from one in four, once there are many), each counted as far as it is off
the topic, so that a crawl which stays on its story does not unlearn the story's name (the relevance weight of Robertson
& Sparck Jones 1976, with the crawl's own judgement in place of a reader's). Headlines are counted apart, since their
lures (secret, behind, truth) are rare in texts. Stories judged relevant add their terms, held by the seeds' (Rocchio
1971), so that the crawl can follow a story that takes on new names. First judgements are made knowing little: they are
made again now and then.

A link is judged before its target is read: how relevant its page is gives the prior, what anchor and heading say the
evidence, added as log odds. So an anchor that says nothing (empty, or in a script the topic has no terms of) keeps
its page's chance instead of none. A story is judged by the cosine of its terms with the topic's, and its title.

Pure computation, the same for the same calls in the same order; memory is bounded.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.policy.terms import Frequencies, headline_terms, heaviest, is_foreign, main_scripts, names_in, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNKNOWN = 0.5  # what is said when nothing is known

SEED_CHARS = 20_000  # of a seed's text that are read: all of nearly every article
STORY_CHARS = 1_000  # of any other text: news says first what it is about (1,500 are judged no better)

HALF_COUNT = 3.0  # occurrences at which a term has a quarter of the greatest salience
TITLE_COUNT = 3  # occurrences that standing in the title is worth
THIN_TEXT = 60  # terms; with fewer, a title counts without the text's consent
ONCE = (1.0 / (1.0 + HALF_COUNT)) ** 2  # salience of a term that stands there once
ABOUT = 0.8  # salience of the terms that the user names
TOPIC_TERMS = 250  # heaviest terms that make up the topic
SEED_TERMS = 1_000  # bound on the seeds' terms
LEARNT_TERMS = 1_000  # bound on the terms learnt from stories on the topic
SEED_WEIGHT = 4.0  # relevant stories that the seeds weigh as much as in the topic
LEAST_SEED = 0.33  # share of the topic that stays the seeds', however many stories are read

PRIOR_STORIES = 6.0  # stories that the assumed document frequencies weigh as much as
MANY_STORIES = 200.0  # counted stories from which on a sample says as much: one of `SAMPLED` is, for all of them
SAMPLED = 4
ON_FROM = 0.8  # relevance from which a story counts as on the topic only, but for the next
LEAST_ASIDE = 0.1  # share at which even such a story counts as one off the topic: first judgements err
DOUBT, DOUBT_SHARE = 2.0, 0.1  # stories, and share of all, that this may come to: else the topic unlearns itself
KEPT_STORIES = 64  # latest stories, which are judged again as more becomes known
JUDGED_AGAIN = frozenset({3, 6, 12, 24, 40})  # early stories after which that is done; then every `KEPT_STORIES`
KEPT_SEEDS = 8  # seeds by whose cosine the cosines of stories are scaled
KEPT_ANCHORS = 20_000  # anchors that are remembered, so that a list on every page is counted once

FOLLOWED = 0.4  # chance that a link of a story wholly on the topic stays on it, before its anchor is read
STRAY = 0.04  # the same for a story wholly off it
SILENT_ON, SILENT_OFF = 0.12, 0.9  # share of headlines on and off the topic that share nothing with it, at first
SILENT_PRIOR = 10.0  # stories on the topic that the first of these weighs as much as
SILENT_BELOW = 0.15  # cover under which a headline counts as sharing nothing
SAYING = 6.0  # log odds between such an anchor and one that holds the topic's three heaviest terms
FOREIGN = -1.0  # log odds of an anchor in a script that the topic has no terms of
OFF, ON = 0.05, 0.35  # cosines of a usual story off and on the topic, where a single seed's own is `SELF`
SELF = 0.75
NEAR = 0.45  # cosines beyond are near copies, and tell no more
LEAST_MIDDLE, MOST_MIDDLE = 0.12, 0.22  # where the line between them may come to lie


class Relevance:
    """What a crawl is about, and how near to it links and stories are."""

    def __init__(self, about: str | None = None, *, max_terms: int = 100_000) -> None:
        """Know the topic's name, or nothing yet.

        Args:
            about: a few words that name the topic, in any languages.
            max_terms: bound on the terms whose document frequency is kept.
        """
        self._stories = Frequencies(max_terms=max_terms, prior=PRIOR_STORIES)
        self._headlines = Frequencies(max_terms=max_terms // 4, prior=PRIOR_STORIES)
        self._anchors: set[str] = set()
        self._seed: dict[str, float] = {}
        self._learnt: dict[str, float] = {}
        self._learnt_stories = 0.0
        self._silent_stories = 0.0
        self._doubt = 0.0
        self._weights: dict[str, float] = {}
        self._headline_weights: dict[str, float] = {}
        self._norm = self._top_three = self._scale = 1.0
        self._silent = math.log(SILENT_ON / SILENT_OFF)
        self._middle = (OFF + ON) / 2
        self._scripts: set[str] = set()
        self._squares: dict[str, float] = {}
        self._read = 0
        self._kept: deque[_Read] = deque(maxlen=KEPT_STORIES)
        self._seeds: list[Counter[str]] = []
        self._last: tuple[str, str, Counter[str]] = ("", "", Counter())
        if about and about.strip():
            named = terms_of(about)
            self._add_to_seeds(set(named), dict.fromkeys(named, ABOUT))

    @property
    def ready(self) -> bool:
        """Whether anything is known of the topic; before, all links of a page are alike."""
        return bool(self._weights)

    def learn_seed(self, title: str | None, text: str | None) -> None:
        """Take a seed story into the topic. Several seeds are several sides of one topic, none dilutes another."""
        title, text = title or "", (text or "")[:SEED_CHARS]
        counts = Counter(terms_of(f"{title}\n{text}"))
        if len(self._seeds) < KEPT_SEEDS and counts:
            self._seeds.append(counts)
        self._add_to_seeds(names_in(f"{title}\n{text}"), _salience(headline_terms(title), counts))
        # with several seeds each holds a part of the topic only, and so do the stories near it
        self._scale = 1.0
        own = [self._cosine(seed) for seed in self._seeds]
        self._scale = min(max(SELF * len(own) / (sum(own) or 1.0), 1.0), 4.0)

    def learn(
        self,
        title: str | None,
        text: str | None,
        relevance: float | None = None,
        anchors: Iterable[str] = (),
    ) -> None:
        """Learn from a story that was read: what is common, and what the topic's stories have in common.

        Args:
            relevance: the story's, if `of_story` was asked already.
            anchors: texts of its links, which teach what headlines are like. Learn them before judging the links.
        """
        if relevance is None:
            relevance = self.of_story(title, text)
        for anchor in anchors:
            self._learn_headline(anchor)
        counts = self._counts(title, text)
        if not counts:
            return
        head = headline_terms(title or "")
        silent = self._cover(head) < SILENT_BELOW
        times = 1 if self._stories.total < MANY_STORIES else 0 if self._read % SAMPLED else SAMPLED
        story = _Read(head, _salience(head, counts), counts, relevance, silent, times)
        self._count(story, 1)
        self._kept.append(story)
        self._read += 1
        if self._read % KEPT_STORIES == 0 or self._read in JUDGED_AGAIN:
            self._judge_again()
        elif self._read % 16 == 0 or self._read < 8:
            self._weigh()

    def of_link(self, anchor: str | None, heading: str | None = None, parent_relevance: float | None = None) -> float:
        """The chance that a link's target is on the topic, judged before it is read.

        Args:
            anchor: the link text.
            heading: of its block; one that names the topic speaks for all its links.
            parent_relevance: of the story that bears the link; None when not known.
        """
        parent = UNKNOWN if parent_relevance is None else parent_relevance
        odds = _logit(STRAY + (FOLLOWED - STRAY) * parent)
        if self._weights:
            found = headline_terms(anchor or "")
            cover = self._cover(found)
            if found and not cover and is_foreign(found, self._scripts):
                odds += FOREIGN
            elif found:
                odds += self._silent + SAYING * cover
            if heading:
                odds += SAYING / 3 * self._cover(headline_terms(heading))
        return _sigmoid(odds)

    def of_story(self, title: str | None, text: str | None, expected: float | None = None) -> float:
        """How much a story that was read is on the topic.

        Args:
            expected: the relevance of the link that led here, for a story with nothing to judge by.
        """
        counts = self._counts(title, text)
        cover, cosine = self._cover(headline_terms(title or "")), self._cosine(counts)
        if not self._weights or not counts or (not cover and is_foreign(counts, self._scripts)):
            return UNKNOWN if expected is None else expected
        return self._chance(cover, cosine)

    def pair(self, one: str | None, other: str | None) -> float:
        """How much two titles are about the same thing: the cosine of their terms, weighed by rarity."""
        first, second = headline_terms(one or ""), headline_terms(other or "")
        if first.isdisjoint(second):
            return 0.0
        shared = self._mass(first & second)
        return min(1.0, shared / math.sqrt(self._mass(first) * self._mass(second))) if shared else 0.0

    def top_terms(self, n: int = 10) -> list[tuple[str, float]]:
        """The heaviest terms of the topic with their weights (1 for the heaviest), to show a user."""
        best = list(self._weights.items())[:n]
        return [(term, weight / best[0][1]) for term, weight in best]

    # --- judging

    def _cover(self, found: frozenset[str]) -> float:
        """How much of the topic a headline holds: 1 when as much as the topic's three heaviest terms."""
        weights = self._headline_weights
        return min(1.0, math.fsum(weights[term] for term in found if term in weights) / self._top_three)

    def _cosine(self, counts: Counter[str]) -> float:
        """Cosine of a story's terms, by salience and rarity, with the topic's; a seed's own is about `SELF`."""
        weights, rarities = self._weights, self._stories.rarities
        dot = norm = 0.0
        once = 0
        for term, count in counts.items():
            if count > 1:
                value = _saturated(count) * rarities[term]
                norm += value * value
                if term in weights:
                    dot += value * weights[term]
            else:
                once += 1
                if term in weights:
                    dot += ONCE * rarities[term] * weights[term]
        # Most terms stand there once and hardly count: one rarity for all of them saves most of the time.
        norm += once * (ONCE * 4.0) ** 2
        return min(1.0, self._scale * dot / (self._norm * math.sqrt(norm))) if dot else 0.0

    def _chance(self, cover: float, cosine: float) -> float:
        """Relevance of a story by how much of the topic its title holds, and the cosine of its text."""
        return _sigmoid(24.0 * min(cosine - self._middle, 0.3) + 3.0 * cover)

    def _mass(self, found: frozenset[str]) -> float:
        """Sum of the squares of the terms' rarities in headlines."""
        squares = self._squares
        for term in found:
            if term not in squares:
                squares[term] = min(self._stories.rarities[term], self._headlines.rarities[term]) ** 2
        return math.fsum(squares[term] for term in found)

    # --- learning

    def _counts(self, title: str | None, text: str | None) -> Counter[str]:
        """Terms of title and text; kept for the last story, which is judged first and learnt next."""
        title, text = title or "", text or ""
        if (title, text) != self._last[:2]:
            self._last = (title, text, Counter(terms_of(f"{title}\n{text[:STORY_CHARS]}")))
        return self._last[2]

    def _add_to_seeds(self, names: set[str], salience: dict[str, float]) -> None:
        self._stories.add_names(names)
        self._headlines.add_names(names)
        for term, value in salience.items():
            self._seed[term] = max(value, self._seed.get(term, 0.0))
        self._seed = heaviest(self._seed, SEED_TERMS)
        self._weigh()

    def _learn_headline(self, anchor: str) -> None:
        if anchor in self._anchors:
            return
        if len(self._anchors) >= KEPT_ANCHORS:
            self._anchors.clear()
        self._anchors.add(anchor)
        found = headline_terms(anchor)
        self._headlines.count(found, max(_aside(self._cover(found)), LEAST_ASIDE))

    def _count(self, story: _Read, sign: int) -> None:
        """Count a story in (`sign` 1), or out again (-1), as far as it is on and off the topic."""
        if sign > 0:
            doubtful = self._doubt < DOUBT + DOUBT_SHARE * self._stories.total
            aside = _aside(story.relevance)
            story.doubt = story.times * max(0.0, LEAST_ASIDE - aside) if doubtful else 0.0
            story.aside = story.times * aside + story.doubt
        self._doubt += sign * story.doubt
        if story.aside:
            self._stories.count(story.counts, sign * story.aside)
        if story.relevance > UNKNOWN:
            share = sign * story.relevance
            self._learnt_stories += share
            self._silent_stories += share * story.silent
            for term, salience in story.salience.items():
                self._learnt[term] = self._learnt.get(term, 0.0) + share * salience
            if len(self._learnt) > 2 * LEARNT_TERMS:
                self._learnt = heaviest(self._learnt, LEARNT_TERMS)

    def _judge_again(self) -> None:
        """Judge the latest stories by what is known now.

        A step of expectation maximisation with the seeds as the labelled part (Nigam et al. 2000).
        """
        self._weigh()
        cosines = [self._cosine(story.counts) for story in self._kept]
        self._middle = _middle(cosines)
        for story, cosine in zip(self._kept, cosines, strict=True):
            cover = self._cover(story.head)
            relevance = self._chance(cover, cosine)
            if abs(relevance - story.relevance) > 0.05:
                self._count(story, -1)
                story.relevance, story.silent = relevance, cover < SILENT_BELOW
                self._count(story, 1)
        self._weigh()

    def _weigh(self) -> None:
        """Set the topic's terms anew from what has been learnt."""
        share = max(SEED_WEIGHT / (SEED_WEIGHT + self._learnt_stories), LEAST_SEED)
        salience = {term: value * share for term, value in self._seed.items()}
        # under a half there is none: counting out leaves a dust of rounding errors
        each = (1.0 - share) / self._learnt_stories if self._learnt_stories > 0.5 else 0.0
        for term, value in self._learnt.items():
            salience[term] = salience.get(term, 0.0) + value * each
        stories, headlines = self._stories.rarities, self._headlines.rarities
        self._weights = heaviest({term: v * stories[term] for term, v in salience.items()}, TOPIC_TERMS)
        self._headline_weights = {
            term: min(weight, salience[term] * headlines[term]) for term, weight in self._weights.items()
        }
        self._squares = {}
        self._norm = math.sqrt(sum(v * v for v in self._weights.values())) or 1.0
        self._top_three = sum(sorted(self._headline_weights.values())[-3:]) or 1.0
        self._scripts = main_scripts(self._weights)
        silent = (SILENT_PRIOR * SILENT_ON + self._silent_stories) / (SILENT_PRIOR + self._learnt_stories)
        self._silent = math.log(silent / SILENT_OFF)


@dataclass(slots=True)
class _Read:
    """A story that was read, kept to be judged again."""

    head: frozenset[str]
    salience: dict[str, float]
    counts: Counter[str]
    relevance: float
    silent: bool
    """Whether its title shares nothing with the topic."""
    times: int
    """For how many stories it is counted among those off the topic."""
    aside: float = 0.0
    """Share at which it was counted as a story off the topic."""
    doubt: float = 0.0
    """The part of that which is owed to doubt."""


def _salience(head: frozenset[str], counts: Counter[str]) -> dict[str, float]:
    """How much a story is about each of its terms, 0 to 1; terms that it uses once are left out.

    A word of the title counts for more only as far as the text takes it up: headlines hold lures that texts do not.

    Args:
        head: terms of the title.
        counts: of title and text.
    """
    thin = counts.total() - len(head) < THIN_TEXT
    found = {}
    for term, count in counts.items():
        if term in head:
            count += TITLE_COUNT if thin else min(TITLE_COUNT, 2 * (count - 1))
        if count > 1:
            found[term] = _saturated(count)
    return found


def _aside(relevance: float) -> float:
    """Share at which a story counts as one off the topic."""
    return max(0.0, 1.0 - relevance / ON_FROM)


def _saturated(count: int) -> float:
    return (count / (count + HALF_COUNT)) ** 2


def _middle(cosines: Sequence[float]) -> float:
    """The cosine that parts stories on the topic from those off it: between the two classes that differ most.

    The threshold of Otsu (1979), held by some usual values; near copies of the seeds count as no more than near.
    """
    values = sorted([min(c, NEAR) for c in cosines] + [OFF] * 3 + [ON] * 3)
    total, below, best, middle = sum(values), 0.0, -1.0, (OFF + ON) / 2
    for n, value in enumerate(values[:-1], 1):
        below += value
        low, high = below / n, (total - below) / (len(values) - n)
        between = n * (len(values) - n) * (high - low) ** 2
        if between > best:
            best, middle = between, (low + high) / 2
    return min(max(middle, LEAST_MIDDLE), MOST_MIDDLE)


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
