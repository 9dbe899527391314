"""Commands of the project, found by Scrapy through COMMANDS_MODULE. Thin: the work stands in the rooms below.

Scrapy names a command after its file, so `scrapy check-store` is `check-store.py`, a file with a dash. It cannot be
imported by name from elsewhere, and need not be: it holds nothing but its `Command`.
"""
