"""What a writer remembers of stories that it has looked up, so that it need not look them up for each page.

A site's lists name the same stories on page after page. That they were seen once more shows in a look-up of the fields
that only ever move one way (`is_new_information`), so an answer of no stays right, however long ago they were read.
Only a merge, its undoing, and the removal of stories turn anything back; each of these lets `merge_count` grow, upon
which all is forgotten. A writer that uses an answer from before that is like one that had just read it: it looks at the
count again when it has written, and repairs its links (`repair_links`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kolcrawl.store.bson_types import Document

MAX_REMEMBERED_STORIES: Final = 20_000
"""Stories remembered, some 1 kB each; beyond, those that were looked up first are forgotten."""

_KEPT: Final = (
    "_id", "status", "reason", "first_seen", "last_seen", "depth", "order", "relevance", "fetched_at", "visits",
    "discovered", "updated_at", "aliases",
)  # fmt: skip


class KnownStories:
    """Stories by key with the fields that observations are compared with."""

    def __init__(self) -> None:
        self._stories: dict[str, Document] = {}
        self._merges: int | None = None

    def clear(self) -> None:
        """Forget all."""
        self._stories.clear()

    def recall(self, keys: Iterable[str], merges: int) -> dict[str, Document | None]:
        """Return those of some stories that are remembered.

        Args:
            keys: of the stories.
            merges: `merge_count` as it is now.
        """
        if merges != self._merges:
            self._stories.clear()
            self._merges = merges
        return {key: self._stories[key] for key in keys if key in self._stories}

    def remember(self, stories: Iterable[Document]) -> None:
        """Remember stories as they were read, or written for the first time; none of them merged."""
        for story in stories:
            self._stories.setdefault(story["_id"], {name: story.get(name) for name in _KEPT})
        for key in list(self._stories)[: max(0, len(self._stories) - MAX_REMEMBERED_STORIES)]:
            del self._stories[key]

    def discard(self, keys: Iterable[str]) -> None:
        """Forget stories that were changed."""
        for key in keys:
            self._stories.pop(key, None)
