"""Everything that is known of URLs: what names a story, which host is which site, which parameters mean nothing.

Entry points: `story_key`, `canonical_url`, `site_of`, `believed_canonical`, `same_article`. Rules of sites and
parameters are data (`data/urls.toml`): a hundredth site changes no code. What an address means is decided nowhere else:
`page/` only reads words and dates in its path, and `net/`, `notify/`, `schedule/` and `view/` check addresses of
servers.
"""

from __future__ import annotations

from kolcrawl.urls.identity import (
    MAX_LENGTH,
    canonical_url,
    identity_form,
    rules_digest,
    site_of,
    story_key,
)
from kolcrawl.urls.references import resolve_reference
from kolcrawl.urls.same_article import believed_canonical, may_claim, same_article
from kolcrawl.urls.shape import form_of

__all__ = [
    "MAX_LENGTH",
    "believed_canonical",
    "canonical_url",
    "form_of",
    "identity_form",
    "may_claim",
    "resolve_reference",
    "rules_digest",
    "same_article",
    "site_of",
    "story_key",
]
