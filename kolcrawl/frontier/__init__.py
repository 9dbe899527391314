"""The frontier: which requests are pending, which are in flight, and which were made before.

Entry points: `scheduler.FrontierScheduler`, with the notes of the spider (`crawler.engine.scheduler.notes`), and
`fingerprinter.StoryFingerprinter`. `queues` decides which request goes first, `request_store` keeps requests, and
`serialization` says in which form.

The package knows Scrapy's requests and one SQLite file. A frontier that many workers share needs another
`RequestStore` and another `HostQueues`: they are the two parts that would be elsewhere.
"""
