"""Step 7 of a price's way: the windows in which a person sees it; bridge.py is their only contact with the engine."""
