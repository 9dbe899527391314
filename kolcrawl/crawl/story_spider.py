"""The spider that reads pages and decides which links to follow; the class that a site's spider subclasses.

Knows Scrapy, `PageReader` and the rules of `kolcrawl.policy`; knows no database. What earlier crawls learnt reaches it
through `crawl_state.earlier_crawls`, which the store pipeline sets. Which stories were requested and read is kept by
`kolcrawl.crawl.paths`.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from scrapy import Request

from kolcrawl.config import check_project, read_processes
from kolcrawl.crawl.args import CrawlArgs, parse_args
from kolcrawl.crawl.ignored_requests import FoundElsewhereError
from kolcrawl.crawl.page_reader import PageReader
from kolcrawl.crawl.paths import CrawlPaths, Notes, Step
from kolcrawl.crawl.rules_by_site import RulesBySite
from kolcrawl.crawl.sharing import SharedCrawlSpider
from kolcrawl.crawl.site_learning import SiteLearning
from kolcrawl.crawl.visit_items import add_http, as_unread, failed_item, is_conditional, unread_item, unreadable_item
from kolcrawl.net.politeness import PolitenessMiddleware
from kolcrawl.page import SiteRules
from kolcrawl.policy.priority import path_relevance, priority
from kolcrawl.policy.relevance import SEED_CHARS, Relevance
from kolcrawl.policy.revisit import due
from kolcrawl.policy.scope import Budget
from kolcrawl.report.crawl_state import CrawlState
from kolcrawl.story.from_page import story_from_page
from kolcrawl.story.validate import MAX_TITLE
from kolcrawl.urls import site_of, story_key
from kolcrawl.urls.hosts import hostname_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from twisted.python.failure import Failure

    from kolcrawl.items import LinkItem, StoryItem
    from kolcrawl.page import Page
    from kolcrawl.policy.earlier_crawls import EarlierCrawls

NOT_MODIFIED = 304
SEEDS_READ = "seeds read"
SEEDS_AT_ONCE = 200  # seeds that the store is asked about in one question
MAX_SEEDS_NOTED = 50  # seeds that say what the crawl is about; more would not sharpen it


class StorySpider(SharedCrawlSpider):
    """Reads stories from seeds on and follows their related links, best first, within depth, scope and budget.

    A site's spider sets `name`, `start_urls`, `domains` and `rules`; it needs no code.
    """

    rules: ClassVar[SiteRules] = SiteRules()
    """How to read the pages of `domains`."""
    domains: ClassVar[tuple[str, ...]] = ()
    """Hosts (with their subdomains) that `rules` hold for, whichever spider reads them."""
    by_proxy: ClassVar[bool] = True  # whether pages are fetched through the user's proxy, if there is one
    page_reader: PageReader

    def __init__(self, **given: Any) -> None:
        """Args:
            given: the spider arguments as strings (`kolcrawl.crawl.args`), and Scrapyd's `_job`, the job id.

        Raises:
            ArgumentError: an argument is unknown or cannot be used.
        """
        super().__init__()
        self._given = given
        self.args: CrawlArgs = self.read_args(given)
        self.crawl_state = CrawlState(
            seeds=self.args.seeds,
            args=self.args.shown(),
            job=given.get("_job"),
            budget=Budget(self.args.max_pages, self.args.max_pages_per_site),
        )
        self.scope = self.args.scope_of(frozenset(map(site_of, self.args.seeds)))
        self.relevance = Relevance(self.args.about)
        self.learning = SiteLearning()
        self.notes: Notes | None = None
        self.paths = CrawlPaths()
        self.site_rules = RulesBySite({})

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> Self:
        check_project(crawler.settings)
        spider = super().from_crawler(crawler, *args, **kwargs)
        spider.site_rules = RulesBySite.from_settings(crawler.settings)
        scheduled = spider.crawl_state.job is not None
        spider.page_reader = PageReader(crawler, read_processes(crawler.settings, scheduled=scheduled))
        return spider

    @classmethod
    def read_args(cls, given: Mapping[str, Any]) -> CrawlArgs:
        """Check the spider arguments without making a spider."""
        if not given.get("url") and not given.get("urls") and getattr(cls, "start_urls", None):
            given = {**given, "url": " ".join(cls.start_urls)}
        return parse_args(given, cls.name)

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the seeds, in every crawl; with a conditional request where they are known."""
        self._take_up()
        await self.learning.take_up(self.earlier_crawls)
        seeds = () if self.frontier is not None and not self.frontier.wants_seeds else self.args.seeds
        for at in range(0, len(seeds), SEEDS_AT_ONCE):
            steps = [
                Step(key=story_key(seed), url=seed, depth=0, found_on=None, kind="seed", path=1.0)
                for seed in seeds[at : at + SEEDS_AT_ONCE]
            ]
            new = [step for step in steps if self.paths.note_request(step)]
            known = await self.earlier_crawls.known(step.key for step in new) if self.earlier_crawls and new else {}
            for step in new:
                yield self.story_request(step, known)
        if self.frontier is not None:
            self.frontier.seeds_are_in()

    def story_request(self, step: Step, known: Mapping[str, Any]) -> Request:
        """Make the request for one story; conditional when an earlier crawl kept the server's marks of the page."""
        headers = {}
        meta: dict[str, Any] = {"story": step.key, "handle_httpstatus_list": [NOT_MODIFIED]}
        if step.anchor:
            meta["anchor"] = step.anchor[:MAX_TITLE]
        if before := known.get(step.key):
            meta |= {"same_as": before.fetched_at and before.fetched_at.isoformat(), "known_key": before.key}
            if before.etag:
                headers["If-None-Match"] = before.etag
            if before.last_modified:
                headers["If-Modified-Since"] = before.last_modified
        return Request(
            step.url,
            callback=self.parse_story,
            errback=self.record_failure,
            headers=headers,
            priority=priority(step.path, step.depth),
            meta=meta,
            cb_kwargs={"found_on": step.found_on, "kind": step.kind, "depth": step.depth, "path": step.path},
        )

    async def parse_story(
        self, response: Response, found_on: str | None, kind: str, depth: int, path: float
    ) -> AsyncIterator[StoryItem | Request]:
        """Read one page; yield its story with all links, then requests for these, and for those that it corrects."""
        async for found in self._parse_page(response, found_on, kind, depth, path):
            yield found
        async for followed in self._follow(self._correct()):
            yield followed

    async def _parse_page(
        self, response: Response, found_on: str | None, kind: str, depth: int, path: float
    ) -> AsyncIterator[StoryItem | Request]:
        request: Request = response.request  # type: ignore[assignment]
        asked, redirected = request.meta["story"], False
        if response.status == NOT_MODIFIED and not is_conditional(request):
            # a 304 to a request without conditions: no earlier page is known that it could refer to
            yield unread_item(request, "failed", "http_304", response, depth)
            return
        if response.status == NOT_MODIFIED:
            item = unread_item(request, "unchanged", None, response, depth)
            if same_as := request.meta.get("same_as"):
                item.same_as = datetime.fromisoformat(same_as)
            if earlier := self.earlier_crawls:
                item.links, said = await asyncio.gather(earlier.links_of(item.key), earlier.text_of(item.key))
                self._judge(item, said[0], said[1], path)
        else:
            try:
                item, page = await self._read(response, request)
            except Exception as error:  # any: a page can be stranger than was foreseen, and the crawl goes on
                if unread := unreadable_item(error, response, request, depth, self.logger):
                    yield unread
                return
            item.depth, item.discovered_from, item.discovered_kind = depth, found_on, kind
            self.learning.judge_form(item, request, was_read=self.paths.was_read(item.key))
            if redirected := asked not in (item.key, *item.known_as):
                # the page is a story of its own, not the one that was asked for
                yield unread_item(request, "failed", "redirected", response, depth)
                if not self._is_kept(item):
                    return
            if item.outcome == "fetched":
                await self.learning.compare(item, request, self.earlier_crawls)
            if item.outcome == "fetched":
                item.relevance = self._judge(item, item.title, item.text, path)
                for link in item.links:
                    link.relevance = self.relevance.pair(item.title, link.anchor)
                self.learning.open_visits.note(page, item, path)
        item.depth = await self.least_depth(request, item.depth)
        # No await from here to `paths.read`: a shorter way that another page reports in between would be lost.
        item.depth = self.paths.depth(item.key if redirected else asked, item.depth)
        steps: list[Step] = []
        if item.outcome in ("fetched", "unchanged"):
            steps = self._note_links(item, path, by_redirect=redirected)
            self.tell_read(item, request)
            for key in (item.key, *item.known_as):
                self.crawl_state.counts.link_cuts.follow(key)
        yield item
        async for followed in self._follow(steps):
            yield followed

    async def record_failure(self, failure: Failure) -> AsyncIterator[StoryItem]:
        """Record why a story could not be fetched."""
        if not isinstance(failure.value, FoundElsewhereError):
            yield failed_item(failure, self.paths)

    @property
    def earlier_crawls(self) -> EarlierCrawls | None:
        """What earlier crawls know; None for a crawl that stores nothing."""
        return self.crawl_state.earlier_crawls

    async def follow_again(self, request: Request) -> AsyncIterator[Request]:
        """Yield the requests beyond a story that was read, and to which a shorter way was found."""
        given = {name: request.cb_kwargs[name] for name in ("depth", "found_on", "kind", "path")}
        step = Step(key=request.meta["story"], url=request.url, **given)
        async for followed in self._follow(await self._onward(step)):
            yield followed

    # --- going on after a stop

    def _take_up(self) -> None:
        """Read again what the crawl noted in its JOBDIR before it was stopped: its topic and its paths."""
        if self.shares:
            self.paths = CrawlPaths(shared=True)
        self.notes = self.job_notes
        if self.notes is None:
            return
        self.paths = CrawlPaths(self.notes)
        for title, text in self.notes.get(SEEDS_READ, []):
            self.relevance.learn_seed(title, text)

    def _note_seed(self, title: str | None, text: str | None) -> None:
        self.tell_seed(title, text)
        if self.notes is not None:
            seeds = self.notes.get(SEEDS_READ, [])
            if len(seeds) < MAX_SEEDS_NOTED:
                self.notes[SEEDS_READ] = [*seeds, [title, (text or "")[:SEED_CHARS]]]

    # --- one page

    async def _read(self, response: Response, request: Request) -> tuple[StoryItem, Page]:
        now = datetime.now(UTC)
        kind = response.headers.get("Content-Type")
        headers = {"content-type": kind.decode("latin-1")} if kind else {}
        rules = self.site_rules.of(response.url)
        blocks, earlier = self.learning.blocks, self.earlier_crawls
        lessons = await blocks.lessons_for(response.url, earlier)
        page = await self.page_reader.read(response.body, response.url, headers, rules, now=now, lessons=lessons)
        await blocks.note(response.url, page.lessons, earlier)
        self.learning.open_visits.add_corrections(page.corrections)
        redirects = response.meta.get("redirect_urls", [])
        asked = redirects[0] if redirects else request.url
        anchor = request.meta.get("anchor")
        item = story_from_page(page, requested_url=asked, visited_at=now, also_seen=redirects[1:], anchor=anchor)
        if item.outcome != "fetched":
            as_unread(item, request)
        else:
            await self.learning.fold(item, self.earlier_crawls)
        add_http(item, response)
        if item.reason == "blocked":
            self._tell_blocked(response)
        if item.outcome == "fetched" and (cut := self.scope.story_verdict(item.published_at, item.lang)):
            item.outcome, item.reason = "skipped", cut
        return item, page

    def _correct(self) -> list[Step]:
        """Correct visits whose links were judged again, and return the steps to what they relate to by now."""
        steps: list[Step] = []
        for visit, item in self.learning.open_visits.take_corrected(self.learning.varying):
            self._judge_links(item.links, visit.relevance)
            for link in item.links:
                link.relevance = self.relevance.pair(item.title, link.anchor)
            item.depth = self.paths.depth(item.key, item.depth)
            self.crawl_state.counts.correct_links(visit.kinds, item)
            steps += self._note_links(item, visit.path)
            if self.crawl_state.correct is not None:
                self.crawl_state.correct(item)
        return steps

    def _is_kept(self, item: StoryItem) -> bool:
        """Tell whether a page to which another story's address led is to be stored.

        It must surely be a story, be in scope, and not have been read before in this crawl.
        """
        if self.paths.was_read(item.key) or not (item.published_at or item.authors):
            return False
        return item.discovered_from is None or not self.scope.verdict(
            item.url, site=item.site, depth=item.depth, kind=item.discovered_kind or ""
        )

    def _tell_blocked(self, response: Response) -> None:
        """Let the site's pace know of a bot check that only its text gives away."""
        polite = self.crawler.get_downloader_middleware(PolitenessMiddleware)
        if polite is not None:
            polite.sites.failure(hostname_of(response.url), "blocked", slow_down=True)

    def _judge(self, item: StoryItem, title: str | None, text: str | None, path: float) -> float:
        """Judge how much a story, read now or unchanged since, and its links are about the topic; learn from it."""
        if item.discovered_from is None:
            self._note_seed(title, text)
            self.relevance.learn_seed(title, text)
            own = 1.0
        else:
            own = self.relevance.of_story(title, text, path)
        self.relevance.learn(title, text, own, [link.anchor for link in item.links])
        self._judge_links(item.links, own)
        return own

    def _judge_links(self, links: Iterable[LinkItem], own: float) -> None:
        if self.relevance.ready:
            for link in links:
                link.topic = self.relevance.of_link(link.anchor, link.heading, own)

    # --- its links

    def _note_links(self, item: StoryItem, path: float, *, by_redirect: bool = False) -> list[Step]:
        """Note a story as read, with the links that lead on; return a step for each that may be followed."""
        steps = self._steps(item, path)
        # a shorter way can only change what `depth` cuts, so links that are cut for another reason are not kept
        onward = [
            link
            for link in item.links
            if link.skipped is None or (link.skipped == "depth" and self._verdict(link, 0) is None)
        ]
        self.paths.note_read(item.key, item.known_as, item.depth, onward, by_redirect=by_redirect)
        return steps

    def _steps(self, item: StoryItem, path: float) -> list[Step]:
        """Return a step for each link that the scope lets through; note the reason on the others."""
        steps = []
        for link in item.links:
            link.skipped = self._verdict(link, item.depth + 1)
            if link.skipped is None:
                steps.append(self._step(link, item.key, item.depth + 1, path))
            elif not self.paths.is_known(link.to):
                self.crawl_state.counts.link_cuts.cut(link.to, link.skipped, link.kind)
        return steps

    def _verdict(self, link: LinkItem, depth: int) -> str | None:
        return self.scope.verdict(
            link.to_url,
            site=site_of(link.to_url),
            depth=depth,
            kind=link.kind,
            relevance=link.topic,
            nofollow=link.nofollow,
        )

    def _step(self, link: LinkItem, parent: str, depth: int, path: float) -> Step:
        worth = path_relevance(link.topic if link.topic is not None else path, path)
        return Step(
            key=link.to,
            url=link.to_url,
            depth=depth,
            found_on=parent,
            kind=link.kind,
            path=worth,
            anchor=link.anchor,
        )

    async def _follow(self, steps: Iterable[Step]) -> AsyncIterator[Request]:
        """Yield requests for the steps not made yet; of stories that need no visit, follow the links."""
        waiting = list(steps)
        while waiting:
            new = [step for step in waiting if self.paths.note_request(step)]
            for step in new:
                self.crawl_state.counts.link_cuts.follow(step.key)
            nearer = [step for step in waiting if self.paths.note_shorter_way(step)]
            known = await self.earlier_crawls.known(step.key for step in new) if self.earlier_crawls and new else {}
            now = datetime.now(UTC)
            waiting = []
            for step in new:
                before = known.get(step.key)
                if before is None or due(self.args.refresh, before.next_visit_at, now):
                    yield self.story_request(step, known)
                else:
                    if not self.was_read_by_others(before):
                        self.crawl_state.counts.add_not_due(before.next_visit_at)
                    self.paths.note_read(step.key, (), step.depth, None)
                    nearer.append(step)
            for step in nearer:
                waiting += await self._onward(step)

    async def _onward(self, step: Step) -> list[Step]:
        """Return the steps beyond a story that was read before, here or in an earlier crawl."""
        if self.scope.depth is not None and step.depth >= self.scope.depth:
            return []
        if (steps := self.paths.steps_beyond(step)) is not None:
            return steps
        if (links := self.paths.links(step.key)) is None:
            links = await self.earlier_crawls.links_of(step.key) if self.earlier_crawls else []
            self._judge_links(links, step.path)
        return [
            self._step(link, step.key, step.depth + 1, step.path)
            for link in links
            if self._verdict(link, step.depth + 1) is None
        ]
