"""The types of what MongoDB holds and is asked."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]
"""A document, a part of one, or a query."""
Pipeline = list[Document]
"""The stages of an update or an aggregation."""
