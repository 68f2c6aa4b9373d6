"""Builds every object once and owns start and stop order: the command line, the desktop, the engine thread."""
