"""The page's own list of related stories, and its other lists of stories, by kind. Pure.

Entry point: `find_links.find_links`. Knows one page and what is known of its site (`site_memory`); every question
about an address is asked of `kolcrawl.urls`. A tenth language is words in `kolcrawl/data`.
"""
