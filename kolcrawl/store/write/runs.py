"""The documents of crawls: one for each run, from its start to its end, also for a run that was killed.

A run notes its host and process, and a heartbeat now and then. The next run to start marks as `aborted` those whose
process is gone, or that gave no heartbeat for long on another host; it finishes what they left half written, and writes
what they had to spool.
"""

from __future__ import annotations

import contextlib
import logging
import platform
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from pymongo.errors import PyMongoError

from kolcrawl import __version__
from kolcrawl.errors import StoreError
from kolcrawl.report.counts import SiteCounts
from kolcrawl.report.quality import Shares, shares_of, total
from kolcrawl.store.maintain.forget import finish_forgetting
from kolcrawl.store.merge.rekey import rules_differ
from kolcrawl.store.removals import remove_kept_rows
from kolcrawl.store.schema import OUTCOMES, SCHEMA
from kolcrawl.store.server.clock import check_clock, crawls_of_the_future
from kolcrawl.store.write.apply import recover
from kolcrawl.store.write.last_seen import SLOW_FLUSH, flush_last_seen, last_seen_of_run
from kolcrawl.store.write.recount import count_copies, recount
from kolcrawl.store.write.spool import FlushResult, Spool, flush_spool
from kolcrawl.store.write.spool_lines import RUN_END
from kolcrawl.system.processes import is_alive, this_process

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pymongo.database import Database

    from kolcrawl.report.counts import CrawlCounts
    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.server.client import Store
    from kolcrawl.store.write.writer import WriterStats

logger = logging.getLogger(__name__)

MAX_SILENCE: Final = timedelta(minutes=10)
"""Time without a heartbeat after which a run on another host counts as dead."""
HEARTBEAT_SECONDS: Final = 30.0
"""Seconds between calls of `Run.heartbeat`."""
ABORTED: Final = "aborted"

_COUNTS: Final = (
    "fetched", "unchanged", "failed", "gone", "skipped", "stubs", "links", "new_stories", "new_links", "copies",
    "on_topic", "not_due", "repeats",
)  # fmt: skip
NOT_IN_VISITS: Final = ("counts.skipped", "skipped", "skipped_kinds", "counts.on_topic", "counts.not_due")
"""What visits do not tell of a run: it stays as the run's last heartbeat noted it."""


@dataclass(slots=True)
class Run:
    """A run that has started."""

    store: Store
    id: str
    aborted: tuple[str, ...] = ()
    """The runs that this one found killed when it started, and marked; no other run has them."""
    clock_warning: str | None = None
    """What was logged of this machine's clock."""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def heartbeat(self, counts: CrawlCounts | None = None, written: WriterStats | None = None) -> None:
        """Note that the run is alive, and how far it is. Blocks for a round trip.

        Raises:
            StoreError: the database failed.
        """
        # a run that was marked as aborted, after a long sleep of its host, is alive again
        alive = {"heartbeat_at": datetime.now(UTC), "finished_at": None, "finish_reason": None}
        try:
            self.store.db["crawls"].update_one({"_id": self.id}, {"$set": {**_result_fields(counts, written), **alive}})
            if not self.clock_warning and (warning := _clock_warning(self.store.db)):
                self.clock_warning = warning
                logger.warning("%s", warning)
        except PyMongoError as error:
            raise self.store.explain(error) from error

    def finish(
        self,
        reason: str,
        counts: CrawlCounts,
        written: WriterStats,
        quality: str,
        why: Sequence[str],
        notes: Sequence[str] = (),
    ) -> float:
        """Note the end; where the database is lost, on disk, for the next start.

        Args:
            reason: Scrapy's finish reason, or ours.
            counts: what the crawl found.
            written: what the writer did.
            quality: `ok`, `degraded` or `failed`.
            why: a line for each thing that is wrong.
            notes: a line for each thing that could not be judged.

        Returns: how many seconds it took, as it is noted.

        Raises:
            StoreError: neither the database nor the disk took it.
        """
        now = datetime.now(UTC)
        done = _result_fields(counts, written) | {
            "heartbeat_at": now,
            "finished_at": now,
            "finish_reason": reason,
            "quality": {"state": quality, "why": [str(line) for line in why], "notes": [str(line) for line in notes]},
        }
        try:
            done["counts.copies"] = count_copies(self.store.db, self.id)
            self.store.db["crawls"].update_one({"_id": self.id}, {"$set": done})
        except PyMongoError as error:
            spool = Spool(self.store, self.id)
            try:
                spool.add([{"_id": self.id, RUN_END: done}])
            except OSError:
                raise self.store.explain(error) from error
            finally:
                with contextlib.suppress(OSError):
                    spool.close()
        return (now - self.started_at).total_seconds()


def start_run(
    store: Store,
    *,
    spider: str,
    job: str | None = None,
    args: Mapping[str, Any] | None = None,
    about: str | None = None,
    seeds: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
    run_id: str | None = None,
) -> Run:
    """Repair what earlier runs left (`tidy_up`), then note this one. Blocks.

    Args:
        store: an open store.
        spider: name of the spider.
        job: Scrapyd's job id.
        args: the spider's arguments.
        about: what the crawl is about, if it was given.
        seeds: URLs to start from.
        settings: those that shape the result; never one that holds a secret.
        run_id: id to take, so that a start that failed half-way can be repeated; None for a new one.

    Raises:
        StoreError: the database failed, a spool file cannot be read, or this machine's clock is far ahead.
    """
    now = datetime.now(UTC)
    run_id = run_id or new_run_id(now)
    document = {
        "_id": run_id,
        "schema": SCHEMA,
        "spider": spider,
        "job": job,
        "args": dict(args or {}),
        "about": about,
        "seeds": list(seeds),
        "settings": dict(settings or {}),
        "versions": versions(),
        "started_at": now,
        "finished_at": None,
        "finish_reason": None,
        "counts": dict.fromkeys(_COUNTS, 0),
        "failures": {},
        "skipped": {},
        "sites": [],
        "quality": {"state": "running", "why": []},
        "process": this_process(),
        "heartbeat_at": now,
    }
    try:
        warning = _check_clocks(store.db)
        _, aborted = _tidy_up(store)
        _warn_of_database(store.db)
        store.db["crawls"].replace_one({"_id": run_id}, document, upsert=True)
    except PyMongoError as error:
        raise store.explain(error) from error
    return Run(store, run_id, tuple(aborted), clock_warning=warning, started_at=now)


def _warn_of_database(db: Database[Document]) -> None:
    """Log what in the database keeps stories from being stored as they should be, with the command that mends it."""
    if expiring := expiring_indexes(db):
        logger.warning(
            "an index on `visits` removes documents after a time (%s): stories whose visits are gone stand still;"
            " drop it, then run `scrapy migrate --rederive`",
            ", ".join(expiring),
        )
    if rules_differ(db):
        logger.warning(
            "rules of URLs have changed since this database was made: run `scrapy migrate`, or stories"
            " may be stored once more, under the keys that they have now"
        )


def _check_clocks(db: Database[Document]) -> str | None:
    """Compare this machine's clock with the database's and with earlier crawls. Return the warning on the former."""
    warning = check_clock(db)
    if warning:
        logger.warning("%s", warning)
    if ahead := crawls_of_the_future(db):
        logger.warning(
            "crawls of a clock that was ahead are in this database (%s): until that time their stories are not due,"
            " and their visits count as the latest",
            ", ".join(ahead),
        )
    return warning


def expiring_indexes(db: Database[Document]) -> list[str]:
    """Return the names of the indexes by which the server removes visits (TTL)."""
    return [index["name"] for index in db["visits"].list_indexes() if "expireAfterSeconds" in index]


def _clock_warning(db: Database[Document]) -> str | None:
    try:
        return check_clock(db)
    except StoreError as error:  # it was set while the crawl runs
        return str(error)


def versions() -> dict[str, str]:
    """Return the versions of the software that shapes a crawl's result."""
    found = {"kolcrawl": __version__, "python": platform.python_version()}
    for package in ("scrapy", "trafilatura", "lxml", "pymongo"):
        with contextlib.suppress(PackageNotFoundError):
            found[package] = version(package)
    return found


def past_shares(store: Store, sites: Sequence[str], *, runs: int = 10) -> dict[str, Shares]:
    """Return, by site, the mean shares of its pages (`report.quality.shares_of`) in the latest runs that had it.

    Raises:
        StoreError: the database failed.
    """
    wanted = set(sites)
    sums: dict[str, list[Shares]] = {}
    try:
        latest = store.db["crawls"].find({"finished_at": {"$ne": None}}, {"sites": 1})
        for run in latest.sort("started_at", -1).limit(runs):
            for row in run["sites"]:
                if row.get("site") in wanted:
                    shares = shares_of(_site_counts(row))
                    if shares:
                        sums.setdefault(row["site"], []).append(shares)
    except PyMongoError as error:
        raise store.explain(error) from error
    return {site: _mean(rows) for site, rows in sums.items()}


def past_crawl_shares(store: Store, spider: str, seeds: Sequence[str], *, runs: int = 10) -> Shares:
    """Compute the mean shares of all pages in the latest runs of a spider from the same seeds; empty without such runs.

    Raises:
        StoreError: the database failed.
    """
    same = {"finished_at": {"$ne": None}, "spider": spider, "seeds": {"$size": len(seeds)}, "seeds.0": seeds[0]}
    try:
        latest = list(store.db["crawls"].find(same, {"sites": 1}).sort("started_at", -1).limit(runs))
    except PyMongoError as error:
        raise store.explain(error) from error
    found = [shares_of(total(_site_counts(row) for row in run["sites"])) for run in latest]
    return _mean([shares for shares in found if shares])


def _site_counts(row: Mapping[str, Any]) -> SiteCounts:
    return SiteCounts(**{name: row.get(name, 0) for name in SiteCounts.__slots__})


def _mean(rows: Sequence[Shares]) -> Shares:
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]} if rows else {}


def _result_fields(counts: CrawlCounts | None, written: WriterStats | None) -> Document:
    """Return the fields of the contract that hold what a run found."""
    fields: Document = {}
    if counts:
        numbers = {name: counts.outcomes[name] for name in OUTCOMES}
        numbers["links"] = sum(counts.links.values())
        skipped = counts.skipped
        numbers["skipped"] = sum(skipped.values())
        numbers |= {"on_topic": counts.on_topic, "not_due": counts.not_due, "repeats": counts.repeats}
        fields = {f"counts.{name}": number for name, number in numbers.items()}
        fields["failures"] = counts.failures
        fields["skipped"] = skipped
        fields["skipped_kinds"] = [kind for kind, _ in counts.link_cuts.kinds.most_common()]
        fields["sites"] = [row.row(site) for site, row in counts.sites.items()]
    if written:
        fields["counts.new_stories"] = written.added_stories  # the contract's name: stories that were not there before
        for name in ("stubs", "new_links", "copies"):
            fields[f"counts.{name}"] = getattr(written, name)
    return fields


def new_run_id(now: datetime) -> str:
    """Return an id that sorts by time: `20261122-084500-3fa9c1`."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"


def tidy_up(store: Store, *, held: bool = False) -> FlushResult:
    """Repair what runs that died have left: their documents, half-written visits, and spool files.

    Args:
        store: the database.
        held: as in `flush_spool`.

    Raises:
        StoreError: a spool file cannot be read.
        pymongo.errors.PyMongoError: the database failed.
    """
    return _tidy_up(store, held=held)[0]


def _tidy_up(store: Store, *, held: bool = False) -> tuple[FlushResult, list[str]]:
    if finish_forgetting(store.db):
        remove_kept_rows(store.data_dir, store.db.name)
        logger.warning("finished a removal (`scrapy forget`) that was stopped on its way")
    finished = recover(store.db)
    if finished:
        logger.warning("finished %d visits that a run had left half written, or is writing now", finished)
    flushed = flush_spool(store, held=held)
    if flushed.held:
        logger.warning(
            "%d spool files in %s wait: they were kept for the database at %s, and this one is a copy of it, or it was"
            " moved here; `scrapy flush-spool --held` writes them here",
            *(flushed.held, flushed.folder, flushed.held_for),
        )
    if flushed.files:
        logger.warning("wrote %d visits that a run had kept on disk", flushed.written + flushed.repeated)
    aborted = mark_aborted(store.db)
    if aborted:
        logger.warning("marked as aborted, as their process is gone: %s", ", ".join(aborted))
    return flushed, aborted


def mark_aborted(db: Database[Document]) -> list[str]:
    """Mark the runs that died, and count what they found. Return their ids."""
    marked = []
    now = datetime.now(UTC)
    fields = {"process": 1, "heartbeat_at": 1, "counts": 1}
    for run in list(db["crawls"].find({"finished_at": None}, fields)):
        if is_running(run):
            continue
        seen = last_seen_of_run(db, run["_id"])
        if len(seen) > SLOW_FLUSH:
            logger.warning("writing when %d stories were last seen, which %s had not done", len(seen), run["_id"])
        flush_last_seen(db, seen)
        update = _result_fields(*recount(db, run["_id"]))
        for name in NOT_IN_VISITS:
            update.pop(name)
        update |= {"finished_at": _last_sign_of_life(db, run) or now, "finish_reason": ABORTED}
        update |= {"quality.state": "failed", "quality.why": [ABORTED]}
        same = {"_id": run["_id"], "finished_at": None, "heartbeat_at": run.get("heartbeat_at")}
        if db["crawls"].update_one(same, {"$set": update}).modified_count:
            marked.append(run["_id"])
    return marked


def _last_sign_of_life(db: Database[Document], run: Mapping[str, Any]) -> datetime | None:
    """Return when a run that died was last seen alive: its last heartbeat, or its last visit if that was later."""
    last = db["visits"].find_one({"crawl": run["_id"]}, {"at": 1}, sort=[("at", -1)])
    signs = [run.get("heartbeat_at"), last["at"] if last else None]
    return max((at for at in signs if at), default=None)


def is_running(run: Mapping[str, Any]) -> bool:
    """Return whether the process of a run is still there, as far as can be known on this host."""
    alive = is_alive(run.get("process"))
    if alive is not None:
        return alive
    return bool(run.get("heartbeat_at")) and datetime.now(UTC) - run["heartbeat_at"] < MAX_SILENCE
