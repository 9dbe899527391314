"""What is known of stories by their visits, folded, removed and stored. Entry point: `visited_stories`."""
