"""The spiders: `related` reads any news site; a site on which it errs gets a file of its own (docs/add-a-site.md)."""
