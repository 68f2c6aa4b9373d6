"""Step 7 of a price's way: tables that show snapshots row by row, one change signal per batch."""
