"""Tells what the program does, in structured logs without secrets; watches every step of a price's way, is none."""
