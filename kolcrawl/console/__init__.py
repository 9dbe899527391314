"""The command `kolcrawl`: the commands of the project without a Scrapy project around them. Entry point: `main`."""

from __future__ import annotations

from kolcrawl.console.run_console import main

__all__ = ["main"]
