"""Writing stories, links and visits. Entry point: `writer.StoryWriter`; what survives a lost database: `spool`."""
