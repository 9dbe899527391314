"""A small affair in a real database, written by the real writer: what the tests of readers and exports look at.

first crawl, 2 March           second crawl, 9 March
SEED ─ related ─> REPORT       SEED (new title and text): REPORT, LATER; no STATEMENT, BROKEN
     ├─ related ─> STATEMENT   STATEMENT: 404
     ├─ related ─> REPRINT     SEQUEL: unchanged
     ├─ related ─> BROKEN
     └─ popular ─> GOSSIP      REPRINT is a copy of REPORT; OLD_KEY was merged into REPORT
REPORT ─> SEED, SEQUEL;  REPRINT ─> SEQUEL, WANDERED (off_topic);  SEQUEL ─> END
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kolcrawl.items import LinkItem, StoryItem
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.urls import site_of, story_key

if TYPE_CHECKING:
    from pymongo.database import Database

SEED = "https://news.example.com/story/1001.html"
REPORT = "https://news.example.com/story/1002.html"
STATEMENT = "https://review.example.org/2026/brand-statement"
REPRINT = "https://portal.example.net/a/3003"
BROKEN = "https://news.example.com/story/1004.html"
GOSSIP = "https://news.example.com/story/9001.html"
SEQUEL = "https://news.example.com/story/1005.html"
WANDERED = "https://portal.example.net/a/3999"
END = "https://review.example.org/2026/the-end"
LATER = "https://news.example.com/story/1010.html"
OLD = "https://old.example.com/moved/1002"
ALIAS = "https://short.example.com/r/abc"
FIRST, SECOND = "20260302T000000-first", "20260309T000000-second"
BEFORE = datetime(2026, 3, 2, tzinfo=UTC)
AFTER = BEFORE + timedelta(days=7)
FORMULA = '=HYPERLINK("https://evil.example","看")'


def key(url: str) -> str:
    """Key of a story of the small network."""
    return story_key(url)


def links(*rows: tuple[str, str, str | None, str, str | None]) -> list[LinkItem]:
    """Links as (url, kind, heading, anchor, skipped); positions are counted by block."""
    places: dict[tuple[str, str | None], int] = {}
    made = []
    for url, kind, heading, anchor, skipped in rows:
        places[kind, heading] = place = places.get((kind, heading), 0) + 1
        made.append(
            LinkItem(
                url=url,
                kind=kind,  # type: ignore[arg-type]
                heading=heading,
                position=place,
                anchor=anchor,
                to=key(url),
                to_url=url,
                relevance=round(1 / place, 2),
                skipped=skipped,
            )
        )
    return made


def visit(url: str, crawl: str, at: datetime, **fields: Any) -> dict[str, Any]:
    """The document of one visit."""
    outcome = fields.pop("outcome", "fetched")
    status = fields.pop("status", 200)
    http = {"status": status, "etag": None, "last_modified": None, "final_url": url} if status else None
    text = fields.get("text")
    item = StoryItem(
        key=key(url),
        url=url,
        requested_url=url,
        site=site_of(url),
        outcome=outcome,
        visited_at=at,
        http=http,  # type: ignore[arg-type]
        content_hash=f"{fields.get('title')}/{text}" if outcome == "fetched" else None,
        bytes=34_567,
        elapsed_ms=120,
        **fields,
    )
    return visit_document(item, crawl)


def build(db: Database[dict[str, Any]]) -> None:
    """Write the network into an empty database that has its collections."""
    related, popular = "相关内容", "热门排行"
    seed_links = links(
        (REPORT, "related", related, "品牌方回应争议", None),
        (STATEMENT, "related", related, "Brand issues a statement", None),
        (REPRINT, "related", related, "转载：品牌方回应争议", None),
        (BROKEN, "related", related, "打不开的一页", None),
        (GOSSIP, "popular", popular, FORMULA, "off_topic"),
    )
    published = {"raw": "2026-03-01 20:00", "source": "text", "precision": "minute", "tz": "assumed"}
    published["day"] = "2026-03-01"
    first = [
        visit(
            SEED,
            FIRST,
            BEFORE,
            title="某品牌被曝与争议博主合作",
            text="第一版正文。",
            links=seed_links,
            tags=["品牌", "博主"],
            published_at=BEFORE - timedelta(hours=12),
            published=published,
            relevance=1.0,
            lang="zh",
        ),
        visit(
            REPORT,
            FIRST,
            BEFORE + timedelta(minutes=1),
            title="品牌方回应争议",
            text="回应全文。" * 30,
            depth=1,
            discovered_from=key(SEED),
            discovered_kind="related",
            published_at=BEFORE - timedelta(hours=6),
            lang="zh",
            links=links((SEED, "related", related, "某品牌", None), (SEQUEL, "related", related, "后续", None)),
            aliases=[ALIAS],
            authors=["记者甲", "记者乙"],
            origin="某日报",
        ),
        visit(
            STATEMENT,
            FIRST,
            BEFORE + timedelta(minutes=2),
            title="Brand issues a statement",
            text="We are sorry.",
            depth=1,
            discovered_from=key(SEED),
            discovered_kind="related",
            lang="en",
        ),
        visit(
            REPRINT,
            FIRST,
            BEFORE + timedelta(minutes=3),
            title="转载：品牌方回应争议",
            text="回应全文。" * 29,
            depth=1,
            discovered_from=key(SEED),
            discovered_kind="related",
            published_at=BEFORE - timedelta(hours=3),
            lang="zh",
            links=links(
                (SEQUEL, "related", "延伸阅读", "后续", None),
                (WANDERED, "related", "延伸阅读", "星座运势", "off_topic"),
            ),
        ),
        visit(
            BROKEN,
            FIRST,
            BEFORE + timedelta(minutes=4),
            outcome="failed",
            status=503,
            reason="http_503",
            depth=1,
            discovered_from=key(SEED),
            discovered_kind="related",
        ),
        visit(
            SEQUEL,
            FIRST,
            BEFORE + timedelta(minutes=5),
            title="后续\x08报道 <b>&",
            text="后续。",
            depth=2,
            lang="zh",
            discovered_from=key(REPORT),
            discovered_kind="related",
            links=links((END, "related", "Related", "The end", None)),
        ),
    ]
    second = [
        visit(
            SEED,
            SECOND,
            AFTER,
            title="某品牌与争议博主解约",
            text="第二版正文，更长一些。",
            tags=["品牌"],
            relevance=1.0,
            lang="zh",
            published_at=BEFORE - timedelta(hours=12),
            published=published,
            links=links(
                (LATER, "related", related, "新的报道", None),
                (REPORT, "related", related, "品牌方回应争议", None),
                (REPRINT, "related", related, "转载：品牌方回应争议", None),
            ),
        ),
        visit(
            STATEMENT,
            SECOND,
            AFTER + timedelta(minutes=1),
            outcome="gone",
            status=404,
            reason="http_404",
            depth=1,
            discovered_from=key(SEED),
            discovered_kind="related",
        ),
        visit(
            SEQUEL,
            SECOND,
            AFTER + timedelta(minutes=2),
            outcome="unchanged",
            status=304,
            depth=2,
            discovered_from=key(REPORT),
            discovered_kind="related",
        ),
    ]
    for crawl, at, visits in ((FIRST, BEFORE, first), (SECOND, AFTER, second)):
        db.crawls.insert_one(_crawl(crawl, at))
        for one in visits:
            apply_visits(db, [one])
    _group_and_merge(db)


def _group_and_merge(db: Database[dict[str, Any]]) -> None:
    db.stories.update_one(
        {"_id": key(REPRINT)}, {"$set": {"group": key(REPORT), "copy_of": key(REPORT), "copy_similarity": 0.97}}
    )
    merged = db.stories.find_one({"_id": key(REPORT)}) or {}
    merged |= {"_id": key(OLD), "url": OLD, "group": key(OLD), "status": "merged", "merged_into": key(REPORT)}
    db.stories.insert_one(merged)


def _crawl(crawl: str, at: datetime) -> dict[str, Any]:
    return {
        "_id": crawl,
        "schema": 1,
        "spider": "related",
        "job": None,
        "args": {"depth": 2, "max_pages": 200},
        "about": "品牌 争议",
        "seeds": [SEED],
        "settings": {"ROBOTSTXT_OBEY": True},
        "versions": {"kolcrawl": "0.1"},
        "started_at": at,
        "finished_at": at + timedelta(minutes=6, seconds=5),
        "finish_reason": "finished",
        "counts": {"fetched": 5, "failed": 1, "links": 10},
        "failures": {"http_503": 1},
        "sites": [
            {
                "site": "example.com",
                "pages": 3,
                "with_related": 3,
                "with_title": 3,
                "with_date": 2,
                "with_text": 3,
                "failed": 1,
            }
        ],
        "quality": {"state": "degraded", "why": ["example.com: 1 of 4 pages failed"]},
    }
