"""Commands of the project, found by Scrapy through COMMANDS_MODULE. Thin: the work stands in the rooms below."""
