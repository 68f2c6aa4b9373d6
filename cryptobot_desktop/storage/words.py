"""Words that queries and the schema share; apart from `tables`, whose import costs what an ordinary start has not."""

OPEN_STATUSES = "('new', 'partially_filled', 'pending_new')"
"""Exactly these words are in the partial indexes of `order_state`: with others SQLite does not use them."""
