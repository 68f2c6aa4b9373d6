"""Step 1 of the price's way: feeds and frames of the venues become checked, ordered market events."""
