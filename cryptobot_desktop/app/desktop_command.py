"""``cryptobot`` without a command: the desktop, or the engine in the terminal where there is no display."""

from cryptobot_desktop.app.display import has_display
from cryptobot_desktop.app.options import Options


def execute(options: Options) -> int:
    """Open the desktop; without a display the same engine runs in the terminal for a short while."""
    # Each of the two ways loads a good part of the program that the other one does not need.
    if has_display():
        from cryptobot_desktop.app.desktop import run_desktop  # noqa: PLC0415

        return run_desktop(options)
    from cryptobot_desktop.app.run_command import run_demo  # noqa: PLC0415

    return run_demo(options)
