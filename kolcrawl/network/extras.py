"""Libraries that only some exports need: imported on demand, with a clear message when one is missing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from kolcrawl.errors import ConfigError
from kolcrawl.system.invocation import install_line


def need(module: str) -> Any:
    """Import a library of the extra `export`.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return import_module(module)
    except ImportError:
        library = module.partition(".")[0]
        raise ConfigError(
            "{library} is not installed: {command}", library=library, command=install_line("export")
        ) from None
