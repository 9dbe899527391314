"""Turn a page that was read into the story that is stored: made, cleaned, validated, fingerprinted. Pure functions.

Entry points: `from_page.story_from_page`, and what the item pipelines call: `clean`, `validate`, `fingerprint`.
Knows items, and neither Scrapy nor a database.
"""
