"""Notifications of what a crawl found or failed at, sent at its end and kept on disk until they are delivered.

    notifications  what is sent: events, as JSON for programs and as text for people
    events         which events happened: to the crawl, to sites, to stories of the network
    channels       where notifications go: webhook, mail, command
    options        the settings NOTIFY_*
    delivery       one notification to all channels at once     outbox  what was not delivered, on disk
    notifier       the Scrapy extension

A new channel is one function in `channels`, and its settings there.
"""
