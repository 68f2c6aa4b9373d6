"""Step 7 of a price's way: the dock panels of the main window, each fed with the newest snapshot."""
