"""Names of sites on a command line that the database does not know."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.database import Database

NEAREST_SITES: Final = 3


def check_sites(db: Database[dict[str, Any]], sites: Iterable[str]) -> None:
    """Refuse sites of which the database holds no story, and name the nearest that it holds.

    Raises:
        StoreError: there is no story of one of them.
    """
    for site in sites:
        if db["stories"].find_one({"site": site}, {"_id": 1}) is None:
            known = sorted(filter(None, db["stories"].distinct("site")))
            if not known:
                return
            near = [name for name in known if site in name] or difflib.get_close_matches(site, known, NEAREST_SITES, 0)
            nearest = ", ".join(near[:NEAREST_SITES])
            raise StoreError("no site {site!r} is known; the nearest: {near}", site=site, near=nearest)
