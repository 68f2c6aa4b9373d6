"""Runs the stages in order in one thread: commands go in, snapshots and notices come out."""
