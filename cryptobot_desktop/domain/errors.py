"""Errors of three kinds: the user must act, waiting may help, or it is a bug.

Error texts follow one formula: what failed, for which object, the actual value against the
allowed one, and what happens next.
"""


class CryptobotError(Exception):
    """Root of every error that this program raises on purpose."""


class UserActionNeeded(CryptobotError):
    """Only the user can mend it: the text is shown as it is, without a traceback (exit status 2 or 1)."""


class InvalidInput(UserActionNeeded, ValueError):
    """A value given by the user, a file or a wire frame is not acceptable; nothing was changed (exit status 2)."""


class TemporaryFailure(CryptobotError):
    """Waiting may mend it: the supervisor tries again with back-off."""


class InvariantBroken(CryptobotError):
    """A bug: a promise inside the program does not hold; the engine halts rather than run wrong."""
