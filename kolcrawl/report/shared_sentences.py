"""How much of a story's text stands in other stories of its site, too: in copies of them, or around all of them. Pure.

What is found here got past the memory of the site's template (`kolcrawl.page.related.site_memory`), and is stored: a
gate or a player that shows the same words for every address, a list of teasers read in place of the stories.
"""

from __future__ import annotations

import re
from typing import Final

MAX_WATCHED_SITES: Final = 300
"""Sites whose stories are compared, the first of a crawl."""
COMPARED_STORIES: Final = 30
"""Stories of a site with which later ones are compared, the first; what most stories share, these share."""
MAX_SENTENCES: Final = 60
"""Sentences of a story that are looked at; with the bounds above at most 600,000 hashes, some 40 MB."""
MIN_SENTENCE_CHARS: Final = 8
"""Characters of a sentence that says anything of where it comes from."""
_SENTENCE_ENDS: Final = re.compile("[\n.!?\u3002\uff01\uff1f]+")


class SharedSentences:
    """The sentences of the first stories of each site."""

    def __init__(self) -> None:
        self._seen: dict[str, set[int]] = {}
        self._stories: dict[str, int] = {}

    def share(self, site: str, text: str) -> float:
        """Return the share of a text, 0 to 1 by characters, that earlier stories of its site have; then remember it.

        Args:
            site: of the story.
            text: of the story, cleaned.
        """
        if site not in self._seen and len(self._seen) >= MAX_WATCHED_SITES:
            return 0.0
        seen = self._seen.setdefault(site, set())
        sentences = [part.strip() for part in _SENTENCE_ENDS.split(text)]
        sentences = [part for part in sentences if len(part) >= MIN_SENTENCE_CHARS][:MAX_SENTENCES]
        chars = sum(map(len, sentences))
        shared = sum(len(part) for part in sentences if hash(part) in seen)
        if self._stories.get(site, 0) < COMPARED_STORIES:
            self._stories[site] = self._stories.get(site, 0) + 1
            seen.update(map(hash, sentences))
        return shared / chars if chars else 0.0
