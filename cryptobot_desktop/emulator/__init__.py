"""A loopback exchange that speaks the real protocols: it feeds step 1 of the price's way when no live exchange is wanted."""
