"""Generate a story network of any size with known numbers, straight into a database: what the view is tested on.

The same arguments give the same network. Stories belong to topics; about 85 of 100 links stay within the topic.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from kolcrawl.store.schema import SCHEMA
from kolcrawl.urls import story_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pymongo.database import Database

START = datetime(2026, 3, 2, tzinfo=UTC)
CRAWL = "20260312T080000-generated"
NAMES = ("小米", "蔚来", "比亚迪", "拼多多", "美团", "华为", "理想汽车", "泡泡玛特", "瑞幸", "安踏", "格力", "海底捞")
AFFAIRS = ("合作博主争议", "主播税务风波", "降价潮", "直播带货翻车", "代言人塌房", "芯片进口", "文旅营销", "召回事件")
VERBS = (
    "引发热议",
    "官方回应",
    "律师解读",
    "网友评论",
    "再起波澜",
    "股价波动",
    "监管介入",
    "致歉声明",
    "最新进展",
    "全程回顾",
)
CLAUSES = (
    "据记者了解，{topic}持续发酵",
    "多位业内人士表示，{topic}的影响仍在扩大",
    "有网友晒出聊天记录，称合作费用远高于市场价",
    "截至发稿，公司方面尚未作出进一步回应",
    "该博主此前曾因言论不当被多家品牌终止合作",
    "专家认为，品牌在选择合作对象时应当更加谨慎",
    "相关话题在社交平台上的阅读量已经超过三亿",
    "一位不愿具名的员工透露，内部已经展开调查",
    "市场监管部门表示正在关注此事的进展情况",
    "消费者权益保护组织呼吁公开合同的具体内容",
)
SITES = ("ifeng.com", "sina.com.cn", "sohu.com", "163.com", "qq.com", "thepaper.cn", "people.com.cn", "xinhuanet.com")


@dataclass(slots=True, kw_only=True)
class Known:
    """The numbers that a generated network is known to have."""

    stories: int = 0
    fetched: int = 0
    gone: int = 0
    retitled: int = 0
    copies: int = 0
    links: int = 0


def generate(db: Database[dict[str, Any]], stories: int, links: int, *, topics: int = 40, seed: int = 1) -> Known:
    """Write a network into an empty database that has its collections."""
    rng = random.Random(seed)
    known = Known()
    docs = list(_stories(rng, stories, min(topics, max(1, stories // 5)), known))
    _insert(db.stories, docs)
    _insert(db.links, _links(rng, docs, links, known))
    _insert(db.revisions, _revisions(docs, known))
    _insert(db.visits, (_visit(doc) for doc in docs if doc["fetched_at"]))
    db.crawls.insert_one(_crawl(docs, known))
    return known


def _insert(collection: Any, docs: Iterable[dict[str, Any]]) -> None:
    batch: list[dict[str, Any]] = []
    for doc in docs:
        batch.append({name: value for name, value in doc.items() if not name.startswith("~")})
        if len(batch) == 250:
            collection.insert_many(batch)
            batch = []
    if batch:
        collection.insert_many(batch)


def _stories(rng: random.Random, count: int, topics: int, known: Known) -> Iterator[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    sites = [*SITES, *(f"news{n}.example.cn" for n in range(max(0, count // 250)))]
    for number in range(count):
        topic = rng.randrange(topics)
        name = f"{NAMES[topic % len(NAMES)]}{AFFAIRS[topic // len(NAMES) % len(AFFAIRS)]}"
        site = rng.choice(sites)
        url = f"https://www.{site}/{number % 97}/article-{number}.html"
        at = START + timedelta(minutes=rng.expovariate(1 / 2000) + topic * 60)
        text = "\n".join("，".join(rng.sample(CLAUSES, 4)).format(topic=name) + "。" for _ in range(rng.randint(2, 9)))
        roll = rng.random()
        status = "stub" if roll < 0.15 else "gone" if roll < 0.17 else "failed" if roll < 0.19 else "fetched"
        read = status in ("fetched", "gone")
        key = story_key(url)
        original = made[rng.randrange(len(made))] if made and read and rng.random() < 0.08 else None
        if original is not None and (original["status"] != "fetched" or original["copy_of"]):
            original = None
        title = f"{name}{rng.choice(VERBS)}：{rng.choice(VERBS)}（{number}）"
        if original is not None:
            known.copies += 1
            title, at = f"转载：{original['title']}", original["published_at"] + timedelta(minutes=rng.randint(5, 900))
            text = original["text"] + "\n本文由编辑整理，" + rng.choice(CLAUSES).format(topic=name) + "。"
        seen = max(at, START) + timedelta(minutes=rng.randint(1, 3000))
        known.stories += 1
        known.fetched += status == "fetched"
        known.gone += status == "gone"
        doc = {
            "_id": key,
            "schema": SCHEMA,
            "url": url,
            "aliases": [],
            "site": site,
            "status": status,
            "title": title,
            "published_at": at.replace(microsecond=0) if read else None,
            "published": {"raw": str(at), "source": "meta", "precision": "minute", "tz": "stated"} if read else None,
            "modified_at": None,
            "authors": ["记者 李明"] if read else [],
            "origin": "新华社" if original is not None else None,
            "lang": "zh-CN" if read else None,
            "text": text if read else None,
            "excerpt": text[:120] if read else None,
            "text_chars": len(text) if read else 0,
            "tags": [name] if read else [],
            "content_hash": f"{number:064x}" if read else None,
            "copy_similarity": 0.93 if original is not None else None,
            "group": original["group"] if original is not None else key,
            "copy_of": original["_id"] if original is not None else None,
            "relevance": round(rng.betavariate(4, 2), 3),
            "depth": 0 if number == 0 else rng.randint(1, 4),
            "discovered": {
                "crawl": CRAWL,
                "from": made[rng.randrange(len(made))]["_id"] if made else None,
                "kind": "related" if made else None,
                "at": seen.replace(microsecond=0),
            },
            "reason": "http_503" if status == "failed" else "http_404" if status == "gone" else None,
            "http": {"status": 200, "etag": None, "last_modified": None, "final_url": url} if read else None,
            "merged_into": None,
            "first_seen": seen.replace(microsecond=0),
            "last_seen": seen.replace(microsecond=0),
            "fetched_at": seen.replace(microsecond=0) if read else None,
            "next_visit_at": None,
            "updated_at": seen.replace(microsecond=0),
            "visits": int(status != "stub"),
            "revisions": 0,
            "~topic": topic,
        }
        if status == "fetched" and rng.random() < 0.02:
            known.retitled += 1
            doc["revisions"] = 1
        elif status == "gone":
            doc["revisions"] = 1
        made.append(doc)
        yield doc


def _links(rng: random.Random, docs: list[dict[str, Any]], count: int, known: Known) -> Iterator[dict[str, Any]]:
    by_topic: dict[int, list[dict[str, Any]]] = {}
    for doc in docs:
        by_topic.setdefault(doc["~topic"], []).append(doc)
    sources = [doc for doc in docs if doc["fetched_at"]]
    seen: set[tuple[str, str]] = set()
    positions: dict[str, int] = {}
    for _ in range(count * 3):
        if len(seen) >= count:
            break
        source = rng.choice(sources)
        near = by_topic[source["~topic"]] if rng.random() < 0.85 else docs
        target = near[int(len(near) * rng.random() ** 1.7)]
        pair = source["_id"], target["_id"]
        if pair in seen or source is target:
            continue
        seen.add(pair)
        positions[pair[0]] = place = positions.get(pair[0], 0) + 1
        known.links += 1
        kind = "related" if rng.random() < 0.8 else "recommended" if rng.random() < 0.7 else "popular"
        heading = {"related": "相关阅读", "recommended": "猜你喜欢", "popular": "热门排行"}[kind]
        yield {
            "_id": f"{pair[0]}-{kind}-{pair[1]}",
            "schema": SCHEMA,
            "from": pair[0],
            "to": pair[1],
            "kind": kind,
            "heading": heading,
            "position": place,
            "anchor": target["title"],
            "relevance": round(rng.betavariate(3, 2), 3),
            "active": source["status"] == "fetched",
            "first_seen": source["fetched_at"],
            "last_seen": source["fetched_at"],
            "updated_at": source["updated_at"],
            "seen_count": 1,
            "crawl": CRAWL,
        }


def _revisions(docs: list[dict[str, Any]], known: Known) -> Iterator[dict[str, Any]]:
    for doc in docs:
        if doc["revisions"]:
            gone = doc["status"] == "gone"
            yield {
                "_id": f"{doc['_id']}-1",
                "schema": SCHEMA,
                "story": doc["_id"],
                "at": doc["fetched_at"],
                "changed": ["gone"] if gone else ["title", "text"],
                "title": doc["title"] if gone else "突发：" + doc["title"].split("：")[0],
                "text": doc["text"] if gone else doc["text"] + "\n品牌方暂未回应，记者将继续关注。",
                "content_hash": f"{1:064x}",
                "published_at": doc["published_at"],
            }


def _visit(doc: dict[str, Any]) -> dict[str, Any]:
    gone = doc["status"] == "gone"
    return {
        "_id": f"{doc['_id']}-v",
        "schema": SCHEMA,
        "story": doc["_id"],
        "crawl": CRAWL,
        "at": doc["fetched_at"],
        "url": doc["url"],
        "outcome": "gone" if gone else "fetched",
        "reason": "http_404" if gone else None,
        "http_status": 404 if gone else 200,
        "content_hash": doc["content_hash"],
        "bytes": 34_567,
        "elapsed_ms": 120,
        "links": [],
    }


def _crawl(docs: list[dict[str, Any]], known: Known) -> dict[str, Any]:
    return {
        "_id": CRAWL,
        "schema": SCHEMA,
        "spider": "related",
        "job": None,
        "args": {},
        "about": None,
        "seeds": [docs[0]["url"]],
        "settings": {},
        "versions": {},
        "started_at": START,
        "finished_at": START + timedelta(days=10),
        "finish_reason": "finished",
        "counts": {"fetched": known.fetched, "gone": known.gone, "links": known.links},
        "failures": {},
        "sites": [],
        "quality": {"state": "ok", "why": ""},
    }
