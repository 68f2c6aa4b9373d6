"""The shared words of the trade, spoken by every stage; pure data and arithmetic, no input or output."""
