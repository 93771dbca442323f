"""Arrays to what a screen can show: colours, display levels, encoded bytes. Knows nothing of where arrays come from."""
