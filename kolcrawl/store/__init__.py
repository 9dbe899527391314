"""ROOM MongoDB. Door in: `client.open_store` and `writer.StoryWriter`. Door out: `reader` (`kolcrawl.network`).

Knows pymongo and the contract of docs/mongodb.md; knows neither Scrapy nor pages. How a write stays true under
replay, crash and concurrency is said in `apply`; what follows from a story's visits is the pure `derive`. A
second database would change this room alone.
"""
