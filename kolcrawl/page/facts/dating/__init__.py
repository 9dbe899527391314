"""When a story was published: where pages say it, which of the dates on them is its own, and how they are weighed.

Entry point: `kolcrawl.page.facts.dating.published.read_published`.
"""
