"""``python -m cryptobot_desktop`` and the installed command ``cryptobot``."""

import multiprocessing

multiprocessing.freeze_support()  # must come before anything else, or each worker of a frozen program opens a window

from cryptobot_desktop.app.command_line import main  # noqa: E402 - see above

if __name__ == "__main__":
    raise SystemExit(main())
