"""Judge how much links and stories are about the crawl's topic: 0 to 1, from words alone, learnt as the crawl goes.

The topic is a list of weighted terms (`kolcrawl.policy.terms`) from the seeds and from `about`. A term weighs the
more, the more often the seeds use it, and the rarer it is in stories that are *not* on the topic: document frequencies
are learnt from the stories read (from one in four, once there are many), each counted as far as it is off the topic,
so that a crawl which stays on its topic does not unlearn the topic's name (the relevance weight of Robertson & Sparck
Jones 1976, with the crawl's own judgement in place of a reader's). Headlines are counted apart, since their lures
(secret, behind, truth) are rare in texts. Stories judged relevant add their terms to those of the seeds (Rocchio
1971), so that the crawl can follow a topic that takes on new names. The first judgements are made knowing little, so
stories are judged again now and then.

A link is judged before its target is read: the relevance of its page is the prior, what anchor and heading say is the
evidence, added as log odds. So a link whose anchor says nothing (empty, or in a script of which the topic has no
terms) keeps the chance that its page gives it. A story is judged by the cosine of its terms with the topic's, and by
its title.

Pure computation: the same calls in the same order give the same results. Memory is bounded.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kolcrawl.policy.terms import Frequencies, headline_terms, heaviest, is_foreign, main_scripts, names_in, terms_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNKNOWN_RELEVANCE = 0.5  # of a link or story before anything is known of the topic

SEED_CHARS = 20_000  # of a seed's text that are read: all of nearly every article
STORY_CHARS = 1_000  # of any other text: news says first what it is about (1,500 are judged no better)

HALF_COUNT = 3.0  # occurrences at which a term has a quarter of the greatest salience
TITLE_OCCURRENCES = 3  # in a text, as which a term's place in the title counts
THIN_TEXT_TERMS = 60  # with fewer terms in the text, a title counts without the text's consent
SINGLE_SALIENCE = (1.0 / (1.0 + HALF_COUNT)) ** 2  # of a term that stands in a text once
ABOUT_SALIENCE = 0.8  # of the terms that the user names
TOPIC_TERMS = 250  # heaviest terms that make up the topic
SEED_TERMS = 1_000  # most terms that are kept of the seeds
LEARNT_TERMS = 1_000  # most terms that are kept of the other stories on the topic
SEED_WEIGHT = 4.0  # stories on the topic as which the seeds count in it
MIN_SEED_SHARE = 0.33  # of the topic that stays the seeds', however many stories are read

PRIOR_STORIES = 6.0  # stories as which the assumed document frequencies count
# Once so many stories are counted, one in `SAMPLING_STEP` is counted for all of them: a sample says as much.
SAMPLING_FROM_STORIES = 200.0
SAMPLING_STEP = 4
# A story of this relevance counts as on the topic only, and not among those off it. First judgements err, though, so it
# counts off the topic by a small share, until these doubtful shares come to two stories and a tenth of all: with more,
# the topic would unlearn its own words.
ON_TOPIC_RELEVANCE = 0.8
DOUBTFUL_SHARE = 0.1
MAX_DOUBTFUL_STORIES, MAX_DOUBTFUL_SHARE = 2.0, 0.1
REJUDGED_STORIES = 64  # latest stories, which are judged again as more becomes known
REJUDGED_AFTER = frozenset({3, 6, 12, 24, 40})  # first stories, then after every `REJUDGED_STORIES`
SCALING_SEEDS = 8  # seeds by whose cosine the cosines of stories are scaled
REMEMBERED_ANCHORS = 20_000  # so that a list on every page is counted once

ON_TOPIC_CHANCE = 0.4  # that a link of a story wholly on the topic stays on it, before its anchor is read
OFF_TOPIC_CHANCE = 0.04  # the same for a story wholly off the topic
# A headline is silent when it shares nothing with the topic: these shares of those on and off the topic, at first.
SILENT_ON_TOPIC, SILENT_OFF_TOPIC = 0.12, 0.9
SILENT_PRIOR_STORIES = 10.0  # stories on the topic as which the first of these shares counts
SILENT_COVER = 0.15  # cover under which a headline is silent
COVER_LOG_ODDS = 6.0  # between a silent anchor and one that holds the topic's three heaviest terms
FOREIGN_LOG_ODDS = -1.0  # of an anchor in a script that the topic has no terms of
OFF_TOPIC_COSINE, ON_TOPIC_COSINE = 0.05, 0.35  # of usual stories, where a single seed's own is `SEED_COSINE`
SEED_COSINE = 0.75
NEAR_COPY_COSINE = 0.45  # cosines beyond it are those of near copies, and tell no more
MIN_THRESHOLD, MAX_THRESHOLD = 0.12, 0.22  # bounds of the cosine that parts stories on and off the topic


class Relevance:
    """The topic of a crawl, and how near to it links and stories are."""

    def __init__(self, about: str | None = None, *, max_terms: int = 100_000) -> None:
        """Start with the topic's name, or with nothing.

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
        self._doubtful = 0.0
        self._weights: dict[str, float] = {}
        self._headline_weights: dict[str, float] = {}
        self._norm = self._top_three = self._scale = 1.0
        self._silent = math.log(SILENT_ON_TOPIC / SILENT_OFF_TOPIC)
        self._threshold = (OFF_TOPIC_COSINE + ON_TOPIC_COSINE) / 2
        self._scripts: set[str] = set()
        self._squares: dict[str, float] = {}
        self._read = 0
        self._kept: deque[_ReadStory] = deque(maxlen=REJUDGED_STORIES)
        self._seeds: list[Counter[str]] = []
        self._last: tuple[str, str, Counter[str]] = ("", "", Counter())
        if about and about.strip():
            named = terms_of(about)
            self._add_to_seeds(set(named), dict.fromkeys(named, ABOUT_SALIENCE))

    @property
    def ready(self) -> bool:
        """Whether anything is known of the topic; before, all links of a page are judged alike."""
        return bool(self._weights)

    def learn_seed(self, title: str | None, text: str | None) -> None:
        """Add a seed story to the topic; several seeds are several sides of one topic, and none dilutes another."""
        title, text = title or "", (text or "")[:SEED_CHARS]
        counts = Counter(terms_of(f"{title}\n{text}"))
        if len(self._seeds) < SCALING_SEEDS and counts:
            self._seeds.append(counts)
        self._add_to_seeds(names_in(f"{title}\n{text}"), _salience(headline_terms(title), counts))
        # of several seeds each holds only a part of the topic, and so do the stories near it
        self._scale = 1.0
        own = [self._cosine(seed) for seed in self._seeds]
        self._scale = min(max(SEED_COSINE * len(own) / (sum(own) or 1.0), 1.0), 4.0)

    def learn(
        self,
        title: str | None,
        text: str | None,
        relevance: float | None = None,
        anchors: Iterable[str] = (),
    ) -> None:
        """Learn from a story that was read: which terms are common, and which the stories on the topic share.

        Args:
            relevance: of the story, where `of_story` has judged it already.
            anchors: texts of its links, which show what headlines are like; learn from them before judging the links.
        """
        if relevance is None:
            relevance = self.of_story(title, text)
        for anchor in anchors:
            self._learn_headline(anchor)
        counts = self._counts(title, text)
        if not counts:
            return
        head = headline_terms(title or "")
        silent = self._cover(head) < SILENT_COVER
        story = _ReadStory(head, _salience(head, counts), counts, relevance, silent, self._times())
        self._count(story, 1)
        self._kept.append(story)
        self._read += 1
        if self._read % REJUDGED_STORIES == 0 or self._read in REJUDGED_AFTER:
            self._rejudge()
        elif self._read % 16 == 0 or self._read < 8:
            self._weigh()

    def of_link(self, anchor: str | None, heading: str | None = None, parent_relevance: float | None = None) -> float:
        """Judge the chance that a link's target is on the topic, before it is read.

        Args:
            anchor: the link text.
            heading: of its block; one that names the topic speaks for all its links.
            parent_relevance: of the story that bears the link; None when not known.
        """
        parent = UNKNOWN_RELEVANCE if parent_relevance is None else parent_relevance
        odds = _logit(OFF_TOPIC_CHANCE + (ON_TOPIC_CHANCE - OFF_TOPIC_CHANCE) * parent)
        if self._weights:
            found = headline_terms(anchor or "")
            cover = self._cover(found)
            if found and not cover and is_foreign(found, self._scripts):
                odds += FOREIGN_LOG_ODDS
            elif found:
                odds += self._silent + COVER_LOG_ODDS * cover
            if heading:
                odds += COVER_LOG_ODDS / 3 * self._cover(headline_terms(heading))
        return _sigmoid(odds)

    def of_story(self, title: str | None, text: str | None, expected: float | None = None) -> float:
        """Judge how much a story that was read is on the topic.

        Args:
            expected: the relevance of the link that led to it, for a story that gives nothing to judge by.
        """
        counts = self._counts(title, text)
        cover, cosine = self._cover(headline_terms(title or "")), self._cosine(counts)
        if not self._weights or not counts or (not cover and is_foreign(counts, self._scripts)):
            return UNKNOWN_RELEVANCE if expected is None else expected
        return self._chance(cover, cosine)

    def pair(self, one: str | None, other: str | None) -> float:
        """Compare two titles: the cosine of their terms, weighed by rarity."""
        first, second = headline_terms(one or ""), headline_terms(other or "")
        if first.isdisjoint(second):
            return 0.0
        shared = self._mass(first & second)
        return min(1.0, shared / math.sqrt(self._mass(first) * self._mass(second))) if shared else 0.0

    def _times(self) -> int:
        """Tell for how many stories the next one is counted, of which only a sample is once there are many."""
        if self._stories.total < SAMPLING_FROM_STORIES:
            return 1
        return 0 if self._read % SAMPLING_STEP else SAMPLING_STEP

    # --- judging

    def _cover(self, found: frozenset[str]) -> float:
        """Measure how much of the topic a headline holds: 1 for as much as the topic's three heaviest terms."""
        weights = self._headline_weights
        return min(1.0, math.fsum(weights[term] for term in found if term in weights) / self._top_three)

    def _cosine(self, counts: Counter[str]) -> float:
        """Compute the cosine of a story's terms, by salience and rarity, with the topic's."""
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
                    dot += SINGLE_SALIENCE * rarities[term] * weights[term]
        # most terms stand there once and hardly count: one rarity for all of them saves most of the time
        norm += once * (SINGLE_SALIENCE * 4.0) ** 2
        return min(1.0, self._scale * dot / (self._norm * math.sqrt(norm))) if dot else 0.0

    def _chance(self, cover: float, cosine: float) -> float:
        """Compute the relevance of a story from how much of the topic its title holds, and the cosine of its text."""
        return _sigmoid(24.0 * min(cosine - self._threshold, 0.3) + 3.0 * cover)

    def _mass(self, found: frozenset[str]) -> float:
        """Add up the squares of the terms' rarities in headlines."""
        squares = self._squares
        for term in found:
            if term not in squares:
                squares[term] = min(self._stories.rarities[term], self._headlines.rarities[term]) ** 2
        return math.fsum(squares[term] for term in found)

    # --- learning

    def _counts(self, title: str | None, text: str | None) -> Counter[str]:
        """Count the terms of title and text; kept for the last story, which is judged first and learnt from next."""
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
        if len(self._anchors) >= REMEMBERED_ANCHORS:
            self._anchors.clear()
        self._anchors.add(anchor)
        found = headline_terms(anchor)
        self._headlines.count(found, max(_off_topic_share(self._cover(found)), DOUBTFUL_SHARE))

    def _count(self, story: _ReadStory, sign: int) -> None:
        """Count a story in (`sign` 1) or out again (-1), as far as it is on and off the topic."""
        if sign > 0:
            doubtful = self._doubtful < MAX_DOUBTFUL_STORIES + MAX_DOUBTFUL_SHARE * self._stories.total
            off_topic = _off_topic_share(story.relevance)
            story.doubtful_share = story.times * max(0.0, DOUBTFUL_SHARE - off_topic) if doubtful else 0.0
            story.off_topic = story.times * off_topic + story.doubtful_share
        self._doubtful += sign * story.doubtful_share
        if story.off_topic:
            self._stories.count(story.counts, sign * story.off_topic)
        if story.relevance > UNKNOWN_RELEVANCE:
            share = sign * story.relevance
            self._learnt_stories += share
            self._silent_stories += share * story.silent
            for term, salience in story.salience.items():
                self._learnt[term] = self._learnt.get(term, 0.0) + share * salience
            if len(self._learnt) > 2 * LEARNT_TERMS:
                self._learnt = heaviest(self._learnt, LEARNT_TERMS)

    def _rejudge(self) -> None:
        """Judge the latest stories again by what is known now.

        This is a step of expectation maximisation with the seeds as the labelled part (Nigam et al. 2000).
        """
        self._weigh()
        cosines = [self._cosine(story.counts) for story in self._kept]
        self._threshold = _threshold(cosines)
        for story, cosine in zip(self._kept, cosines, strict=True):
            cover = self._cover(story.head)
            relevance = self._chance(cover, cosine)
            if abs(relevance - story.relevance) > 0.05:
                self._count(story, -1)
                story.relevance, story.silent = relevance, cover < SILENT_COVER
                self._count(story, 1)
        self._weigh()

    def _weigh(self) -> None:
        """Compute the topic's terms anew from what has been learnt."""
        share = max(SEED_WEIGHT / (SEED_WEIGHT + self._learnt_stories), MIN_SEED_SHARE)
        salience = {term: value * share for term, value in self._seed.items()}
        # fewer than half a story are none: counting out leaves rounding errors
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
        silent = SILENT_PRIOR_STORIES * SILENT_ON_TOPIC + self._silent_stories
        self._silent = math.log(silent / (SILENT_PRIOR_STORIES + self._learnt_stories) / SILENT_OFF_TOPIC)


@dataclass(slots=True)
class _ReadStory:
    """A story that was read, and may be judged again."""

    head: frozenset[str]
    salience: dict[str, float]
    counts: Counter[str]
    relevance: float
    silent: bool
    """Whether its title shares nothing with the topic."""
    times: int
    """For how many stories it is counted."""
    off_topic: float = 0.0
    """Stories as which it was counted among those off the topic."""
    doubtful_share: float = 0.0
    """The part of these that comes of doubt."""


def _salience(head: frozenset[str], counts: Counter[str]) -> dict[str, float]:
    """Measure how much a story is about each of its terms, 0 to 1; terms that it uses once are left out.

    A word of the title counts for more only as far as the text takes it up: headlines hold lures that texts do not.

    Args:
        head: terms of the title.
        counts: of title and text.
    """
    thin = counts.total() - len(head) < THIN_TEXT_TERMS
    found = {}
    for term, count in counts.items():
        if term in head:
            count += TITLE_OCCURRENCES if thin else min(TITLE_OCCURRENCES, 2 * (count - 1))
        if count > 1:
            found[term] = _saturated(count)
    return found


def _off_topic_share(relevance: float) -> float:
    """Compute the share by which a story counts among those off the topic."""
    return max(0.0, 1.0 - relevance / ON_TOPIC_RELEVANCE)


def _saturated(count: int) -> float:
    return (count / (count + HALF_COUNT)) ** 2


def _threshold(cosines: Sequence[float]) -> float:
    """Find the cosine that parts stories on the topic from those off it: between the two classes that differ most.

    This is the threshold of Otsu (1979), with some usual values added; near copies of the seeds count as near at most.
    """
    values = sorted([min(c, NEAR_COPY_COSINE) for c in cosines] + [OFF_TOPIC_COSINE] * 3 + [ON_TOPIC_COSINE] * 3)
    total, below, best, threshold = sum(values), 0.0, -1.0, (OFF_TOPIC_COSINE + ON_TOPIC_COSINE) / 2
    for n, value in enumerate(values[:-1], 1):
        below += value
        low, high = below / n, (total - below) / (len(values) - n)
        between = n * (len(values) - n) * (high - low) ** 2
        if between > best:
            best, threshold = between, (low + high) / 2
    return min(max(threshold, MIN_THRESHOLD), MAX_THRESHOLD)


def _logit(p: float) -> float:
    p = min(max(p, 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-x))
