"""The network in the browser: a read-only JSON API and a page that shows it (extra `view`).

Entry points: `serve_network`, which runs the server, and `write_offline_page`, which writes one file that opens
without it. Everything is read through `kolcrawl.network`. The page is built from `frontend/` into `static/`.
"""

from __future__ import annotations

from kolcrawl.view.offline_page import write_offline_page
from kolcrawl.view.serve import serve_network

__all__ = ["serve_network", "write_offline_page"]
