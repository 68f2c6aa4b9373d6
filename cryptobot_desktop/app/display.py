"""Whether a window can be shown at all."""

import os
import sys
from collections.abc import Mapping


def has_display(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> bool:
    """Return True when Qt will find a screen (or was told to do without one on purpose)."""
    known = os.environ if environment is None else environment
    if known.get("QT_QPA_PLATFORM"):
        return True
    if platform in ("win32", "darwin"):
        return True
    return bool(known.get("DISPLAY") or known.get("WAYLAND_DISPLAY"))
