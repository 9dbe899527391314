"""The store: MongoDB. Entry points: `server.client.open_store`, `write.writer.StoryWriter` and `read.reader.Reader`.

The package knows pymongo and the contract of docs/mongodb.md, but neither Scrapy nor pages. `write.apply` explains how
a write stays true after repetition, crash and race; the pure `derive` says what follows from a story's visits. A
second database would change this package alone.
"""
