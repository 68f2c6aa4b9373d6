"""A loopback exchange speaking the real protocols: where the price's way begins (step 1) without a live exchange."""
