"""When the story was published: the dates of all places, checked against each other."""

from __future__ import annotations

import re
from datetime import timedelta, tzinfo
from typing import TYPE_CHECKING

from kolcrawl.items import Published
from kolcrawl.page.facts.date_places import (
    AMBIGUOUS,
    DatedPage,
    DateReader,
    Reading,
    changes_of,
    is_exact,
    is_same_day,
    readings_of,
    url_day,
)

if TYPE_CHECKING:
    from datetime import datetime

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.page import StoryFacts
    from kolcrawl.text.moments import Moment

SAME_DATE = timedelta(hours=36)  # two readings of one date may lie a zone and a night apart
FAR_FROM_URL = timedelta(days=2.5)  # from the day in the page's address to a date that is doubted


def read_published(
    document: Document,
    markup: Markup,
    story: StoryFacts,
    lines: tuple[list[str], list[str]],
    *,
    now: datetime,
    zone: tzinfo,
    lang: str | None,
    selector: str | None = None,
) -> None:
    """Fill in `published_at`, `published` and `modified_at` of `story`.

    The first place that answers is believed, except that a mere day is refined by another place's time on the
    same day, and that a date far from the one in the page's own URL yields to one near it.
    """
    reader = DateReader(now, zone, lang)
    readings: list[Reading] = []
    for reading in readings_of(DatedPage(document, markup, lines, selector), reader):
        readings.append(reading)
        trusted = reading.source in ("jsonld", "meta", "time") and readings[0].moment.tz != "stated"
        if not trusted and _is_conclusive(readings[0], markup.url, reader):
            break
    if readings:
        best = _choose(readings, markup.url, reader)
        moment = best.moment
        story.published_at = moment.at
        story.published = Published(
            raw=moment.raw,
            source=best.source,  # type: ignore[typeddict-item]  # one of the five by construction
            precision=moment.precision,
            tz=moment.tz,
        )
        story.sources["published_at"] = best.place
    modified = next((change for raw in changes_of(markup) if (change := reader.read(raw))), None)
    if modified and (story.published_at is None or modified.at >= story.published_at - SAME_DATE):
        story.modified_at = modified.at


def _is_far_from_url(reading: Reading, url: str, reader: DateReader) -> bool:
    day = url_day(url, reader.now)
    return day is not None and abs(reading.moment.at - day) > FAR_FROM_URL


def _is_conclusive(reading: Reading, url: str, reader: DateReader) -> bool:
    """Tell whether no further place needs to be asked."""
    return reading.place != AMBIGUOUS and is_exact(reading.moment) and not _is_far_from_url(reading, url, reader)


def _choose(readings: list[Reading], url: str, reader: DateReader) -> Reading:
    """Choose the best of several readings: the first, unless one of the others corrects it or is more exact."""
    best = readings[0]
    if best.place == AMBIGUOUS:
        best = _shown_before(best, readings)
    if _is_far_from_url(best, url, reader):
        best = _near_url(best, readings, url, reader)
    if not is_exact(best.moment):
        return _exact_on_same_day(best, readings, reader)
    return _with_zone(best, readings) if best.moment.tz == "assumed" else best


def _shown_before(best: Reading, readings: list[Reading]) -> Reading:
    shown = next((reading for reading in readings if reading.source in ("time", "text")), best)
    return shown if shown.moment.at < best.moment.at - SAME_DATE else best


def _near_url(best: Reading, readings: list[Reading], url: str, reader: DateReader) -> Reading:
    """Choose a reading near the day in the page's address, an exact one if there is; the last is that day itself."""
    day = url_day(url, reader.now)
    near = [reading for reading in readings if day and abs(reading.moment.at - day) <= SAME_DATE]
    return next((reading for reading in near if is_exact(reading.moment)), near[0]) if near else best


def _exact_on_same_day(best: Reading, readings: list[Reading], reader: DateReader) -> Reading:
    for other in readings:
        if is_exact(other.moment) and is_same_day(best.moment, other.moment, reader.zone):
            return other
    return best


def _with_zone(best: Reading, readings: list[Reading]) -> Reading:
    """Choose a reading of the same clock time with its zone beside it."""
    for other in readings:
        if other.moment.tz == "stated" and _clock(other.moment) == _clock(best.moment):
            return other
    return best


def _clock(moment: Moment) -> str:
    return re.sub(r"\D", "", moment.raw[:19])
