"""Which edition of the sample web a crawl sees: the one that is asked for, else the one after what was seen last."""

from __future__ import annotations

from kolcrawl.errors import ArgumentError
from kolcrawl.locale import Message
from kolcrawl.sample.written_web import edition_count, sample_web


def parse_edition(value: object) -> int | None:
    """Read the argument `edition`; None where it is not given.

    Raises:
        ArgumentError: there is no such edition.
    """
    if value is None:
        return None
    known = [str(number) for number in range(1, edition_count() + 1)]
    if (text := str(value).strip()) not in known:
        raise ArgumentError(
            "edition={value!r}: the sample web has the editions {known}", value=text, known=", ".join(known)
        )
    return int(text)


def edition_after(etag: str | None) -> int:
    """Find the edition that follows the one whose start page had an ETag; the last one goes on.

    Args:
        etag: of the start page at its latest visit; None if it was never read, which gives the first edition. One that
            no edition has is an earlier version's, and taken for the first.
    """
    if etag is None:
        return 1
    editions = range(1, edition_count() + 1)
    seen = next((number for number in editions if _etag(number) == etag), 1)
    return min(seen + 1, edition_count())


def edition_line(edition: int, *, chosen: bool) -> str:
    """Write what the report says of the edition.

    Args:
        edition: that the crawl saw.
        chosen: whether it was asked for, so that the same command shows it again.
    """
    if chosen or edition == edition_count():
        return Message("this was edition {n} of {total} of the sample web", n=edition, total=edition_count())
    return Message(
        "this was edition {n} of {total} of the sample web: crawl it again to see what became of it some days later",
        n=edition, total=edition_count(),
    )  # fmt: skip


def _etag(edition: int) -> str:
    site = sample_web(edition)
    return site.answer(site.seeds[0]).headers["ETag"]
