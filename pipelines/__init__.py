"""Item pipelines: thin classes on pure functions of `kolcrawl`, each with `process_item(item) -> item`.

clean (100) makes the fields tidy, validate (200) bounds them and names the reason of a page without a story,
fingerprint (300) adds what copies are found by, store (800) writes and waits for the acknowledgement. No pipeline drops
a story: each visit is recorded, and every link with it.
"""
