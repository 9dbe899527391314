"""kolcrawl: follow the related-articles lists of news sites and keep the story network they form."""

__version__ = "0.2.0"
