"""How many examples generated tests play: ``pytest --scale N`` multiplies them all."""

factor = 1


def examples(count: int) -> int:
    """Return `count` times the scale that the run was asked for."""
    return count * factor
