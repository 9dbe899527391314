"""`python -m kolcrawl`: the same as the command `kolcrawl`."""

from __future__ import annotations

import sys

from kolcrawl.console import main

if __name__ == "__main__":
    sys.exit(main())
