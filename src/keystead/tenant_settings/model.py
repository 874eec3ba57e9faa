"""The tenant's settings: which there are, what each may hold, what they mean."""

import re
from collections.abc import Mapping
from typing import Any, Final

from keystead.kit.clock import SECOND
from keystead.kit.errors import bad_input, not_found

AUTO_REDIRECT_SSO: Final = "autoRedirectSSO"
BROWSER_SESSION_TIMEOUT: Final = "browserSessionTimeout"
LOGOUT_REDIRECT_URI: Final = "logoutRedirectUri"
# The contract's keys, in its order, and what each holds until somebody sets it.
SECURITY_DEFAULTS: Final[Mapping[str, Mapping[str, Any]]] = {
    AUTO_REDIRECT_SSO: {"enabled": False, "idpAlias": None},
    BROWSER_SESSION_TIMEOUT: {"idleTimeout": 60},
    LOGOUT_REDIRECT_URI: {"uri": None},
}
SECOND_FACTOR: Final = "secondFactor"
DEFAULT_IDLE_MINUTES: Final = 60
MAX_IDLE_MINUTES: Final = 525_600  # a year: far beyond the life of any session
MAX_URI: Final = 2_048
IDP_ALIAS: Final = r"[a-z0-9_-]*"
LOGOUT_URI: Final = r"(?:(?:https?://)?[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}(?::[0-9]{1,5})?(?:/[^\s]*)?)?"


def require_key(text: str) -> str:
    """The key of a security setting, in any case, also as clients write members of an enum: `Class.MEMBER`.

    Raises a not-found error.
    """
    wanted = text.rpartition(".")[2].lower()
    for key in SECURITY_DEFAULTS:
        if key.lower() == wanted:
            return key
    raise not_found("Security setting")


def require_value(key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The whole value of a security setting; what is absent is as it was at first.

    `given` has what the request says, None where it says nothing. Raises a bad-input error that names the field.
    """
    fields = SECURITY_DEFAULTS[key]
    for name, value in given.items():
        if value is not None and name not in fields:
            raise bad_input(name, f"is no part of {key}, which holds {', '.join(fields)}.")
    value = {name: default if given[name] is None else given[name] for name, default in fields.items()}
    if key == BROWSER_SESSION_TIMEOUT and not 1 <= value["idleTimeout"] <= MAX_IDLE_MINUTES:
        raise bad_input("idleTimeout", f"must be a number of minutes from 1 to {MAX_IDLE_MINUTES}.")
    if key == AUTO_REDIRECT_SSO and not re.fullmatch(IDP_ALIAS, value["idpAlias"] or ""):
        raise bad_input("idpAlias", "must be of lower-case letters, digits, _ and -.")
    if key == LOGOUT_REDIRECT_URI and not _is_address(value["uri"] or ""):
        raise bad_input("uri", "must be an address such as https://example.com/logged-out, or empty.")
    return value


def _is_address(text: str) -> bool:
    return len(text) <= MAX_URI and re.fullmatch(LOGOUT_URI, text) is not None


class CurrentSettings:
    """The settings as they were last read; `app` has them read again when one changes."""

    def __init__(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        self._stored = stored

    def replace(self, stored: Mapping[str, Mapping[str, Any]]) -> None:
        self._stored = stored

    @property
    def stored(self) -> Mapping[str, Mapping[str, Any]]:
        """What was set, by key."""
        return self._stored

    def security(self, key: str) -> Mapping[str, Any]:
        return self._stored.get(key, SECURITY_DEFAULTS[key])

    @property
    def idle_timeout(self) -> int:
        """How long a browser's session may rest before it ends, in microseconds."""
        return int(self.security(BROWSER_SESSION_TIMEOUT)["idleTimeout"] * 60 * SECOND)

    @property
    def second_factor_required(self) -> bool:
        return requires_second_factor(self._stored)


def requires_second_factor(stored: Mapping[str, Mapping[str, Any]]) -> bool:
    return bool(stored.get(SECOND_FACTOR, {}).get("required", False))
