"""Writing stories, links and visits. Entry point: `writer.StoryWriter`; `spool` is for a lost database."""
