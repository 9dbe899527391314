"""From a page as read to the story that is stored: made, cleaned, checked, fingerprinted. Pure functions.

Entry points: `from_page.story_from_page`, and what the item pipelines call: `clean`, `validate`, `fingerprint`.
Knows items, and neither Scrapy nor a database.
"""
