"""The project's commands, found by Scrapy through COMMANDS_MODULE. Thin: the packages below do the work.

Scrapy imports this package before it runs any command, its own included, so the process is prepared here.

Scrapy names a command after its file, so `scrapy check-store` is `check-store.py`, a file with a dash. It cannot be
imported by name from elsewhere, and need not be: it holds nothing but its `Command`.
"""

from __future__ import annotations

import sys

from kolcrawl.locale import note_options
from kolcrawl.locale.borrowed import translate_argparse
from kolcrawl.system.startup import prepare_process

prepare_process()
note_options(sys.argv[1:])
translate_argparse()
