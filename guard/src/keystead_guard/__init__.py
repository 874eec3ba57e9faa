"""Lets a Python API honour Keystead's tokens."""

from keystead_guard.caller import Caller
from keystead_guard.errors import (
    ForbiddenError,
    InvalidTokenError,
    RefusedError,
    TokenMissingError,
    UnavailableError,
)
from keystead_guard.guard import Guard

__all__ = [
    "Caller",
    "ForbiddenError",
    "Guard",
    "InvalidTokenError",
    "RefusedError",
    "TokenMissingError",
    "UnavailableError",
]
