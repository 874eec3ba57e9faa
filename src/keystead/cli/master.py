"""The master key as the settings give it: in the environment, in a file of its own, or in the data directory."""

from pathlib import Path

from keystead.cli.errors import CannotStartError
from keystead.settings import Settings
from keystead.tokens.master_key import key_from_file


def master_key(settings: Settings) -> bytes:
    """Made in the data directory when there is none. Raises CannotStartError, or OSError."""
    if settings.master_key is not None:
        return bytes.fromhex(settings.master_key.reveal())
    path = master_key_file(settings)
    try:
        return key_from_file(path)
    except ValueError:
        raise CannotStartError(f"{path} does not hold a master key of 64 hexadecimal digits.") from None


def master_key_file(settings: Settings) -> Path:
    return settings.data_dir / "master.key"
