"""Grow a news web of any size, with a known network, from the sites and words of the package.

An affair is a brand, a person, a city and an event; each story tells one affair on one site, in its language. Related
blocks stay with the affair for about six links in ten and wander off for the rest, mostly within the site, as those of
real sites do. The aggregator reprints some stories with small edits. The same arguments give the same web.
"""

from __future__ import annotations

import random
import re
import string
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from kolcrawl.sample.render import SiteStyle, site_styles
from kolcrawl.sample.sample_story import SampleStory
from kolcrawl.sample.web import SampleWeb
from kolcrawl.text.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
SPAN_DAYS = 90
"""The stories are spread over this many days from `FIRST_DAY`."""
TOPIC_SHARE = 0.6
"""Share of related links that stay with the affair, as far as it has enough stories."""
SAME_SITE_SHARE = 0.85
"""Share of links that stay on the site."""
READ_ALSO_SHARE = 0.2
"""Share of stories with a link inside the body."""
REPRINT_SHARE = 0.3
"""Share of the aggregator's stories that are copies."""
OLD_CODECS = {"zh-Hans": "gb18030", "zh-Hant": "big5", "ja": "shift_jis"}
OLD_CODEC_SHARE = 0.05
"""Share of pages in the old codec of their language."""
AGGREGATOR = "juhe.example"
POPULAR_LINKS, OTHER_LINKS = 5, 5
"""Links in the most-read and the last block of a page."""


@dataclass(frozen=True, slots=True)
class _Affair:
    name: str
    choice: dict[str, int]
    """Which of `names`, by field."""


@cache
def _words() -> dict[str, dict[str, Any]]:
    return read_table("words.toml", "kolcrawl.sample")


def grow(
    pages: int = 300, seed: int = 1, *, hosts: Sequence[str] = (), affairs: int | None = None, disguised: float = 0.0
) -> SampleWeb:
    """Grow a web.

    Args:
        pages: stories in all, at least one.
        seed: of the random choices.
        hosts: the sites to use, of those in `sites.toml`; all when left out.
        affairs: how many; one for each 25 stories when left out.
        disguised: share of links that write their target in another way (`SampleWeb.disguised`).

    Returns: a web whose `seeds` are the first story of each site.

    Raises:
        KeyError: a host is not one of the sites.
    """
    rng = random.Random(seed)  # noqa: S311
    chosen = [site_styles()[host] for host in hosts] or list(site_styles().values())
    all_affairs = [_affair(n, rng) for n in range(affairs or max(3, pages // 25))]
    stories: list[SampleStory] = []
    titles: set[str] = set()
    for n in range(pages):
        style = chosen[n % len(chosen)]
        published = FIRST_DAY + timedelta(minutes=SPAN_DAYS * 1440 * n // pages + rng.randrange(5))
        originals = [s for s in stories[-200:] if s.host != AGGREGATOR and s.lang == "zh-CN"]
        if style.host == AGGREGATOR and originals and rng.random() < REPRINT_SHARE:
            story = _reprint(rng.choice(originals), style, n, published, rng)
        else:
            story = _story(rng.choice(all_affairs), style, n, published, rng, titles)
        stories.append(story)
    linked = _link(stories, rng)
    firsts: dict[str, str] = {}
    for story in linked:
        firsts.setdefault(story.host, story.url)
    return SampleWeb(truth={story.url: story for story in linked}, seeds=tuple(firsts.values()), disguised=disguised)


def _affair(n: int, rng: random.Random) -> _Affair:
    names = _words()["en"]["names"]
    return _Affair(f"affair {n + 1}", {field: rng.randrange(len(words)) for field, words in names.items()})


def _sentence(pattern: str, affair: _Affair, words: dict[str, Any], rng: random.Random) -> str:
    values: dict[str, str] = {"number": str(rng.randint(2, 98)), "percent": str(rng.randint(11, 93))}
    values["day"] = str(rng.randint(5, 60))
    for _, field, _, _ in string.Formatter().parse(pattern):
        if field is None:
            continue
        if field in words["names"]:
            values[field] = words["names"][field][affair.choice[field]]
        elif field in words["pick"]:
            values[field] = rng.choice(words["pick"][field])
    filled = pattern.format(**values)
    return filled[0].upper() + filled[1:]


def _story(
    affair: _Affair, style: SiteStyle, n: int, published: datetime, rng: random.Random, titles: set[str]
) -> SampleStory:
    words = _words()[style.words]
    title = ""
    for _ in range(100):
        title = _sentence(rng.choice(words["titles"]), affair, words, rng)
        if title not in titles:
            break
    else:
        title = f"{title} ({n})"
    titles.add(title)
    patterns = rng.sample(words["sentences"], rng.randint(9, 16))
    sentences = [_sentence(pattern, affair, words, rng) for pattern in patterns]
    glue = " " if style.words == "en" else ""
    paragraphs, at = [], 0
    while at < len(sentences):
        size = rng.randint(1, 4)
        paragraphs.append(glue.join(sentences[at : at + size]))
        at += size
    return SampleStory(
        url=_address(style, n, published, title),
        title=title,
        topic=affair.name,
        lang=style.lang,
        paragraphs=tuple(paragraphs),
        published=published,
        authors=(rng.choice(words["names"]["person"]),) if rng.random() < 0.7 else (),
        tags=(words["names"]["brand"][affair.choice["brand"]], words["names"]["event"][affair.choice["event"]]),
        encoding=OLD_CODECS.get(style.words) if rng.random() < OLD_CODEC_SHARE else None,
    )


def _reprint(original: SampleStory, style: SiteStyle, n: int, published: datetime, rng: random.Random) -> SampleStory:
    """Copy a story with the edits of reprints: a number, a word, sometimes a cut at the end."""
    paragraphs = list(original.paragraphs)
    at = rng.randrange(len(paragraphs))
    paragraphs[at] = re.sub(r"\d+", lambda found: str(int(found[0]) + 1), paragraphs[at], count=1)
    if rng.random() < 0.5:
        edit = _words()["reprint"]
        paragraphs[0] = paragraphs[0].replace(edit["word"], edit["becomes"], 1)
    if rng.random() < 0.3 and (sentences := re.findall("[^。]+。", paragraphs[-1]))[1:]:
        paragraphs[-1] = "".join(sentences[:-1])
    return replace(
        original,
        url=_address(style, n, published, original.title),
        lang=style.lang,
        paragraphs=tuple(paragraphs),
        published=published,
        authors=(),
        origin=site_styles()[original.host].name,
        copy_of=original.copy_of or original.url,
    )


def _address(style: SiteStyle, n: int, published: datetime, title: str) -> str:
    day = published + timedelta(hours=style.zone)
    slug = re.sub("[^a-z0-9]+", "-", title.lower()).strip("-")[:60].rstrip("-")
    return f"http://{style.host}{style.path.format(n=710_000 + 7 * n, day=day, slug=slug)}"


def _link(stories: list[SampleStory], rng: random.Random) -> list[SampleStory]:
    """Fill in the blocks of links of all stories."""
    by_host: dict[str, list[str]] = {}
    by_topic: dict[str, list[SampleStory]] = {}
    for story in stories:
        by_host.setdefault(story.host, []).append(story.url)
        by_topic.setdefault(story.topic, []).append(story)
    everywhere = [story.url for story in stories]
    popular = {host: rng.sample(urls, min(POPULAR_LINKS, len(urls))) for host, urls in by_host.items()}
    linked = []
    for story in stories:
        topic = [other for other in by_topic[story.topic] if other.url != story.url]
        near = [other.url for other in topic if other.host == story.host]
        far = [other.url for other in topic if other.host != story.host]
        related = _related(story, near, far, by_host[story.host], everywhere, rng)
        unlinked = [url for url in near if url not in related]
        read_also = rng.choice(unlinked) if unlinked and rng.random() < READ_ALSO_SHARE else None
        taken = {story.url, *related, read_also}  # each target stands in one block, so that the truth is plain
        most_read = tuple(url for url in popular[story.host] if url not in taken)
        others = _others(story, by_host[story.host], taken | set(most_read), rng)
        linked.append(replace(story, related=related, read_also=read_also, popular=most_read, others=others))
    return linked


def _related(
    story: SampleStory, near: list[str], far: list[str], at_home: list[str], everywhere: list[str], rng: random.Random
) -> tuple[str, ...]:
    """Draw the related block: most of the affair, most on the site.

    Args:
        story: whose block it is.
        near: the stories of its affair on its site.
        far: those on other sites.
        at_home: all stories of its site.
        everywhere: all stories.
        rng: the source of chance.
    """
    related: list[str] = []
    most = site_styles()[story.host].related
    for _ in range(3 * most):  # some draws repeat: a small web gives shorter blocks
        same_topic, same_site = rng.random() < TOPIC_SHARE, rng.random() < SAME_SITE_SHARE
        pool = (near if same_site else far) if same_topic else (at_home if same_site else everywhere)
        url = rng.choice(pool) if pool else story.url
        if url != story.url and url not in related and len(related) < most:
            related.append(url)
    return tuple(related)


def _others(story: SampleStory, at_home: list[str], taken: set[str | None], rng: random.Random) -> tuple[str, ...]:
    """Draw the last block: the latest or random stories of the site, as the site does it."""
    most = OTHER_LINKS + len(taken)
    latest = site_styles()[story.host].others == "latest"
    drawn = at_home[: -most - 1 : -1] if latest else rng.sample(at_home, min(most, len(at_home)))
    return tuple(url for url in drawn if url not in taken)[:OTHER_LINKS]
