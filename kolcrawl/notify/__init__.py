"""Notifications at the end of a crawl: what is worth one, where it goes, and what waits until it is delivered.

Entry point: the Scrapy extension in `notifier`. A new channel is one function in `channels`.
"""
