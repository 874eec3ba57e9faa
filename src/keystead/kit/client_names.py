"""Names of what has a client ID: service accounts and access keys are called alike."""

import re
from typing import Final

from keystead.kit.errors import bad_input

SHORTEST: Final = 2
LONGEST: Final = 255
PATTERN: Final = "[a-z][-_a-z0-9]*[a-z0-9]"


def require_client_name(name: str) -> str:
    """Raises a bad-input error that says what would be right."""
    if not SHORTEST <= len(name) <= LONGEST:
        raise bad_input("name", f"must have {SHORTEST} to {LONGEST} characters.")
    if not re.fullmatch(PATTERN, name):
        raise bad_input(
            "name",
            "must begin with a letter a-z, end with a letter or digit, and have only a-z, 0-9, - and _ between.",
        )
    return name
