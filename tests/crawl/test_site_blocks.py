"""What a crawl learns of a host's blocks, between its readers and the store."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from kolcrawl.crawl.parse_workers import ParseWorkers
from kolcrawl.crawl.site_blocks import FIRST_KEPT, SiteBlocks
from kolcrawl.items import BlockLesson, joined_lesson
from kolcrawl.page import SiteRules
from kolcrawl.page.related.site_memory import SiteMemory
from tests.page.made_pages import HOST
from tests.page.test_related import bare_list, page, story

URL = f"{HOST}/1.html"


class Kept:
    """What earlier crawls kept, in memory."""

    def __init__(self) -> None:
        self.places: dict[int, BlockLesson] = {}
        self.asked = 0

    async def blocks_of(self, host: str) -> list[BlockLesson]:
        """Return what is kept, of whatever host."""
        self.asked += 1
        return list(self.places.values())

    async def keep_blocks(self, host: str, lessons: Sequence[BlockLesson]) -> list[BlockLesson]:
        """Join lessons with it."""
        for lesson in lessons:
            self.places[lesson.place] = joined_lesson(self.places.get(lesson.place), lesson)
        return list(self.places.values())


def test_what_is_known_is_told_once_and_again_when_more_was_kept() -> None:
    """A host is looked up once, its reader told once; what is kept later, by other crawls too, is told again."""

    async def crawl() -> None:
        kept: Any = Kept()
        blocks = SiteBlocks()
        told = await asyncio.gather(*(blocks.lessons_for(URL, kept) for _ in range(3)))
        assert (told, kept.asked) == ([[], [], []], 1)
        for _ in range(FIRST_KEPT[0]):
            await blocks.note(URL, [BlockLesson(7, 1.0, 4)], kept)
        kept.places[9] = BlockLesson(9, 0.0, 4)  # another crawl's
        assert await blocks.lessons_for(URL, kept) == [BlockLesson(7, 1.0, FIRST_KEPT[0])]
        assert await blocks.lessons_for(URL, kept) == []
        for _ in range(FIRST_KEPT[1] - FIRST_KEPT[0]):
            await blocks.note(URL, [BlockLesson(7, 1.0, 4)], kept)
        assert {lesson.place for lesson in await blocks.lessons_for(URL, kept)} == {7, 9}

    asyncio.run(crawl())


def test_a_process_that_reads_is_told_and_tells() -> None:
    """Lessons reach the process that reads a page, and come back from it with the page."""

    async def read() -> None:
        workers, memory = ParseWorkers(1, 30.0), SiteMemory()
        lessons: dict[int, BlockLesson] = {}
        try:
            for visit in range(5):
                own = bare_list(range(100 + visit * 10, 105 + visit * 10), "own")
                made = page("bare", False, "", own + "<h3>Related stories</h3>" + bare_list(range(1, 6), "same"))
                found = await workers.read(
                    made.html.encode(), HOST + story(500 + visit), {}, SiteRules(), now=datetime(2026, 3, 5, tzinfo=UTC)
                )
                lessons |= {lesson.place: lesson for lesson in found.lessons}
        finally:
            workers.close()
        assert {lesson.staying for lesson in lessons.values()} == {0.0, 1.0}
        memory.take_up("news.example.org", list(lessons.values()))
        fresh = ParseWorkers(1, 30.0)
        try:
            answers = [
                await fresh.read(
                    made.html.encode(), HOST + story(504), {}, SiteRules(),
                    now=datetime(2026, 3, 5, tzinfo=UTC), lessons=known,
                )
                for known in ((), list(lessons.values()))
            ]  # fmt: skip
        finally:
            fresh.close()
        alone, told = ({link.url for link in answer.links if link.kind == "related"} for answer in answers)
        assert alone != told
        assert told == {HOST + story(number) for number in range(140, 145)}

    asyncio.run(read())
