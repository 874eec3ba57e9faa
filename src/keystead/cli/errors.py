"""What stops a command: one sentence for whoever gave it."""


class CannotStartError(Exception):
    """The sentence is the message; the command ends with status 2."""
