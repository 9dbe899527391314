"""The story's facts off one page: headline, dates, authors, text, and whether it is a story at all. Pure.

Entry point: `story_facts.read_facts`. A new language is words in `kolcrawl/data`; a site that needs help is a
`SiteRules` value.
"""
