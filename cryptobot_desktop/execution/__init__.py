"""The paper exchange, step 5 of the price's way: order life cycle, filters, matching on evidence, fees."""
