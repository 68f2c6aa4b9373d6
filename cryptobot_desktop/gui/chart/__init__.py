"""Step 7 of a price's way: candles, overlays and markers drawn from the engine's arrays."""
