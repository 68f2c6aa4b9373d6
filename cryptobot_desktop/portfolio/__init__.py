"""Money and positions, step 6 of the price's way: the double-entry ledger, positions, profit and loss, performance."""
