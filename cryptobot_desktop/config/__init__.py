"""Where data is kept and what the user has set; no step of a price's way, every step may be configured by it."""
