"""A page's story links, gathered into blocks under their headings. Entry point: `link_blocks.find_blocks`."""
