"""A running crawl: the spider, its arguments, its budget, the paths it has come, the processes that read pages.

Entry point: `story_spider.StorySpider` (for users: `kolcrawl.spider`). Knows Scrapy, `kolcrawl.page` and
`kolcrawl.policy`; knows no database. A hundredth site is a file in `spiders/`.
"""
