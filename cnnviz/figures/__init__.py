"""Arrays to what a screen can show: colours, levels, encoded bytes. Knows nothing of where they come from."""
