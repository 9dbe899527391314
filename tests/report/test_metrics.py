"""Metrics of a crawl: the file for Prometheus, read by Prometheus' own reader, and that drafts never pile up."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from scrapy import Spider
from scrapy.utils.test import get_crawler

from kolcrawl.report.counts import CrawlCounts
from kolcrawl.report.metrics_extension import Metrics
from kolcrawl.report.prometheus import crawl_metrics

HOSTILE = 'a "quoted"\\\nname'


def samples(text: str) -> dict[tuple[str, str], float]:
    """The samples of a file by name and the value of the label that the crawl's own labels do not hold."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        for sample in family.samples:
            further = {k: v for k, v in sample.labels.items() if k not in ("spider", "schedule")}
            assert sample.labels.items() >= {("spider", "related"), ("schedule", HOSTILE)}
            found[sample.name.removeprefix("kolcrawl_crawl_"), *further.values() or ("",)] = sample.value
    return found


def test_metrics_are_read_back() -> None:
    """Every count comes back under its label, also where a label holds quotes and line breaks."""
    counts = CrawlCounts(
        outcomes=Counter(fetched=4, gone=1), failure_reasons=Counter(http_410=1), links=Counter(related=9)
    )
    counts.link_cuts.cut("0" * 32, "depth", "related")
    labels = {"spider": "related", "schedule": HOSTILE}
    running = samples(generate_latest(crawl_metrics(counts, labels, started=1.5, now=1_796_000_000.0)).decode())
    assert running == {
        ("running", ""): 1,
        ("started_timestamp_seconds", ""): 1.5,
        ("updated_timestamp_seconds", ""): 1_796_000_000.0,
        ("visits", "fetched"): 4,
        ("visits", "gone"): 1,
        ("skipped", "depth"): 1,
        ("failures", "http_410"): 1,
        ("links", "related"): 9,
        ("stories_on_topic", ""): counts.on_topic,
    }
    over = samples(generate_latest(crawl_metrics(counts, labels, started=1.5, now=2.0, quality="degraded")).decode())
    assert over["running", ""] == 0
    assert {name: over["quality", name] for name in ("ok", "degraded", "failed")} == {
        "ok": 0,
        "degraded": 1,
        "failed": 0,
    }


def test_a_written_file_can_be_read_by_another_user(tmp_path: Path) -> None:
    """The exporter of Prometheus runs as a user of its own; nothing but the file is left in the folder."""
    crawler = get_crawler(settings_dict={"METRICS_FOLDER": str(tmp_path), "KOLCRAWL_SCHEDULE": "a/b"})
    crawler.spider = Spider("related")
    Metrics(crawler).write()
    (file,) = tmp_path.iterdir()
    assert file.name == "kolcrawl_a_b.prom"
    assert file.stat().st_mode & 0o777 == 0o644


def test_metrics_that_cannot_be_written_leave_no_drafts(tmp_path: Path) -> None:
    """Two files a minute more would fill a disk that is full already."""
    (tmp_path / "kolcrawl_related.prom").mkdir()
    crawler = get_crawler(settings_dict={"METRICS_FOLDER": str(tmp_path)})
    crawler.spider = Spider("related")
    extension = Metrics(crawler)
    for _ in range(3):
        extension.write()
    assert [file.name for file in tmp_path.iterdir()] == ["kolcrawl_related.prom"]
