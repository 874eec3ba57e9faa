"""Kinds of settings: how each one's text is read, and in words what would be right."""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from keystead.kit.secret import Secret

T = TypeVar("T")
Network = IPv4Network | IPv6Network

SQLITE_PREFIX: Final = "sqlite:///"
POSTGRES_SCHEMES: Final = ("postgresql", "postgres")
MASTER_KEY_BYTES: Final = 32
_HOST_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_HOST_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_HOST_LABEL}(?:\.{_HOST_LABEL})*")
_WEB_ADDRESS: Final = re.compile(
    r"https?://(\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]|[^/:\[\]]+)(?::([0-9]{1,5}))?(?:/[A-Za-z0-9._/-]*)?"
)
_EMAIL: Final = re.compile(r"[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}")
_HIGHEST_PORT: Final = 65535


@dataclass(frozen=True, slots=True)
class Value(Generic[T]):
    """`read` raises ValueError for text that is wrong; `expects` completes a sentence that ends in "must be"."""

    expects: str
    read: Callable[[str], T]
    show: Callable[[T], str] | None = None  # for a secret of which a part may be shown


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def whole_number(low: int, high: int, *, unit: str = "", because: str = "") -> Value[int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,18}", text):
            raise ValueError
        number = int(text)
        if not low <= number <= high:
            raise ValueError
        return number

    of_unit = f" of {unit}" if unit else ""
    reason = f" ({because})" if because else ""
    return Value(f"a whole number{of_unit} from {low} to {high}{reason}", read)


def one_of(*choices: str) -> Value[str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError
        return text.lower()

    return Value(f"{', '.join(choices[:-1])} or {choices[-1]}", read)


def some_of(*choices: str) -> Value[tuple[str, ...]]:
    """One or several of the choices, each once, in the order in which they are given."""
    by_folded = {choice.lower(): choice for choice in choices}

    def read(text: str) -> tuple[str, ...]:
        found = tuple(by_folded.get(item.strip().lower(), "") for item in text.split(","))
        if "" in found or len(set(found)) != len(found):
            raise ValueError
        return found

    return Value(
        f"one or several of {', '.join(choices)}, each once, between commas",
        read,
        lambda found: ",".join(found),
    )


def _is_path(text: str) -> bool:
    """Printable, so that a sentence can name it; without `?`, which would begin the options of a database's address."""
    return text != "" and text.isprintable() and "?" not in text


def _read_file_path(text: str) -> Path:
    if not _is_path(text):
        raise ValueError
    return Path(text)


def _read_database_url(text: str) -> Secret:
    """A secret, since a PostgreSQL address may hold a password."""
    if not _is_postgres_address(text):
        path = text.removeprefix(SQLITE_PREFIX)
        if path in {text, ":memory:"} or path.endswith("/") or not _is_path(path):
            raise ValueError
    return Secret(text)


def _is_postgres_address(text: str) -> bool:
    parts = urlsplit(text)
    if parts.scheme not in POSTGRES_SCHEMES:
        return False
    return bool(parts.path.strip("/")) and text.isprintable() and (parts.port is None or parts.port > 0)


def _without_password(address: Secret) -> str:
    parts = urlsplit(address.reveal())
    if parts.password is None:
        return address.reveal()
    return parts._replace(netloc=f"{parts.username}:***@{parts.netloc.rpartition('@')[2]}").geturl()


def _read_host(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        # Digits and dots alone are a mistyped address, never a name.
        if not _HOST_NAME.fullmatch(text) or not re.search(r"[A-Za-z]", text):
            raise
        return text
    if "%" in text:  # a zone, which has no place in the address that clients use
        raise ValueError
    return str(address)


def _read_address(text: str) -> Address | None:
    if text.lower() == "off":
        return None
    host, _, port = text.rpartition(":")
    if host.startswith("[") != (":" in host):
        raise ValueError
    return Address(_read_host(host.removeprefix("[").removesuffix("]")), PORT.read(port))


def _read_web_address(text: str) -> str:
    """Kept as it is written, since whoever checks an issuer compares it byte by byte; only a closing `/` goes.

    Its letters stay within what a token's payload may hold for clients that read it with the standard base64 alphabet.
    """
    parts = _WEB_ADDRESS.fullmatch(text)
    if parts is None:
        raise ValueError
    host, port = parts.groups()
    _read_host(host.strip("[]"))
    if port is not None and not 1 <= int(port) <= _HIGHEST_PORT:
        raise ValueError
    return text.rstrip("/")


def _read_networks(text: str) -> tuple[Network, ...]:
    items = [item.strip() for item in text.split(",")] if text else []
    return tuple(ipaddress.ip_network(item) for item in items)


def _read_email(text: str) -> str:
    if not _EMAIL.fullmatch(text) or len(text) > 254:
        raise ValueError
    return text


def _read_name(text: str) -> str:
    if not 1 <= len(text) <= 255 or not text.isprintable():
        raise ValueError
    return text


def _read_password(text: str) -> Secret:
    if not text:
        raise ValueError
    text.encode()  # raises a ValueError where the environment held bytes that are not UTF-8
    return Secret(text)


def read_master_key(text: str) -> Secret:
    """The key as 64 hexadecimal digits, from any form that it may be given in. Raises ValueError."""
    if re.fullmatch(r"[0-9A-Fa-f]{64}", text):
        return Secret(text.lower())
    standard = text.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        key = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except binascii.Error:
        raise ValueError from None
    if len(key) != MASTER_KEY_BYTES:
        raise ValueError
    return Secret(key.hex())


def _read_switch(text: str) -> bool:
    """Raises ValueError."""
    return ("off", "on").index(text.lower()) == 1


DIRECTORY: Final = Value("the path of a directory, printable and without a question mark", _read_file_path)
DATABASE_URL: Final = Value(
    "sqlite:/// and the path of a file, such as sqlite:///var/keystead.db, or the address of a PostgreSQL database, "
    "such as postgresql://keystead@db.example.com/keystead",
    _read_database_url,
    _without_password,
)
FILE_OR_OFF: Final[Value[Path | None]] = Value(
    "off, or the path of a file, printable and without a question mark",
    lambda text: None if text.lower() == "off" else _read_file_path(text),
    lambda path: str(path or "off"),
)
ON_OR_OFF: Final = Value("on or off", _read_switch, lambda on: "on" if on else "off")
HOST: Final = Value("an IP address or a host name, such as 127.0.0.1", _read_host)
PORT: Final = whole_number(1, _HIGHEST_PORT)
ADDRESS_OR_OFF: Final[Value[Address | None]] = Value(
    "off, or an address and a port such as 127.0.0.1:9464",
    _read_address,
    lambda address: str(address or "off"),
)
WEB_ADDRESS: Final = Value(
    "an absolute http or https address such as https://keystead.example.com, without a user, query or fragment, "
    "its path made of ASCII letters, digits and the signs . _ - /",
    _read_web_address,
)
NETWORKS: Final = Value(
    "IP addresses or networks between commas, such as 10.0.0.0/8,192.168.1.5", _read_networks
)
EMAIL: Final = Value("an e-mail address such as admin@example.com", _read_email)
NAME: Final = Value("1 to 255 printable characters", _read_name)
PASSWORD: Final = Value("at least one character of UTF-8 text", _read_password)
MASTER_KEY: Final = Value("32 random bytes in hexadecimal, base64 or base64url", read_master_key)
