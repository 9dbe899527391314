"""ROOM sites: `related` reads any news site; a site where it errs gets a file of its own (docs/add-a-site.md)."""
