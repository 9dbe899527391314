"""ROOM cleaning. Door: `process_item(item) -> item`. Thin classes on pure functions of `kolcrawl`.

clean (100) makes the fields tidy, validate (200) bounds them and calls a page without a story by its name,
dedupe (300) puts the fingerprints on, store (800) writes and waits for the acknowledgement. None drops a story:
each visit is recorded, and every link with it.
"""
