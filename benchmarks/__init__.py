"""Measures the program beside its peers; every ratio comes from rows that ran in turn in one process."""
