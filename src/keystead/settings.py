"""Settings: what the environment says, read once, checked, and frozen.

Each setting is declared once, as a field of `Settings`. Reading, the check for unknown variables, `keystead settings`
and docs/reference/settings.md all follow from that declaration.
"""

import dataclasses
import difflib
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NoReturn, Self, TypeVar

from keystead import settings_values as values
from keystead.kit.secret import Secret
from keystead.settings_values import SQLITE_PREFIX, Address, Network, Value

T = TypeVar("T")
PREFIX: Final = "KEYSTEAD_"
FILE_SUFFIX: Final = "_FILE"
LARGEST_SECRET_FILE: Final = 16 * 1024  # bytes
_DECLARATION: Final = "setting"

_INJECTED_NAME: Final = re.compile(
    rf"{PREFIX}(?:\w+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)"
)
_INJECTED_VALUE: Final = re.compile(r"(?:tcp|udp|sctp)://.*", re.DOTALL)


class SettingsError(Exception):
    """A setting is wrong: one sentence that names its variable and says what would be right."""


@dataclass(frozen=True, slots=True)
class Default:
    """What holds when a variable is absent: a text like any other, or one made of the settings declared above it."""

    text: Callable[[Mapping[str, Any]], str] | str
    described: str  # Markdown, for the reference


@dataclass(frozen=True, slots=True)
class Setting:
    """A field of `Settings` and the variable that it is read from."""

    field: str
    value: Value[Any]
    default: Default | None  # None: absent is a value too
    doc: str
    secret: bool

    @property
    def variable(self) -> str:
        return PREFIX + self.field.upper()

    @property
    def file_variable(self) -> str:
        """For secrets: the variable that names a file with the value in it."""
        return self.variable + FILE_SUFFIX

    @property
    def variables(self) -> tuple[str, ...]:
        return (self.variable, self.file_variable) if self.secret else (self.variable,)

    def text_in(self, environ: Mapping[str, str]) -> str | None:
        """What was set, if anything."""
        text = environ.get(self.variable)
        if not self.secret:
            return None if text is None else text.strip()
        path = environ.get(self.file_variable)
        if path is None:
            return text
        if text is not None:
            raise SettingsError(f"{self.variable} and {self.file_variable} are both set: keep one of them.")
        return _read_secret_file(self.file_variable, path)

    def parse(self, text: str, source: str) -> Any:
        try:
            return self.value.read(text)
        except ValueError:
            raise SettingsError(f"{source} must be {self.value.expects}.") from None


def _setting(value: Value[T], default: Default | str, doc: str) -> T:
    if isinstance(default, str):
        default = Default(default, f"`{default}`")
    declared: T = _declare(value, default, doc, secret=False)
    return declared


def _secret(value: Value[Secret], doc: str) -> Secret | None:
    declared: Secret | None = _declare(value, None, doc, secret=True)
    return declared


def _secret_with_default(value: Value[Secret], default: Default, doc: str) -> Secret:
    declared: Secret = _declare(value, default, doc, secret=True)
    return declared


def _declare(value: Value[Any], default: Default | None, doc: str, *, secret: bool) -> Any:
    return field(metadata={_DECLARATION: (value, default, doc, secret)})


def _default_database_url(known: Mapping[str, Any]) -> str:
    return f"{SQLITE_PREFIX}{known['data_dir'] / 'keystead.db'}"


def _default_public_url(known: Mapping[str, Any]) -> str:
    # Whoever listens everywhere is reached, from here, by the loopback address.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(known["host"], known["host"])  # noqa: S104
    return f"http://{f'[{host}]' if ':' in host else host}:{known['port']}"


def _default_log_format(known: Mapping[str, Any]) -> str:
    return "console" if known["on_terminal"] else "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data_dir: Path = _setting(
        values.DIRECTORY,
        "./var",
        "Where Keystead keeps its files. It is made when it does not exist, for its owner alone.",
    )
    database_url: Secret = _secret_with_default(
        values.DATABASE_URL,
        Default(_default_database_url, "`sqlite:///` and `keystead.db` in `KEYSTEAD_DATA_DIR`"),
        "The database. The path of an SQLite file is relative to the working directory unless it begins with `/`, "
        "which makes four slashes: `sqlite:////srv/keystead/keystead.db`; one process at a time may use the file. "
        "A PostgreSQL database may be used by any number of workers and replicas.",
    )
    workers: int = _setting(
        values.whole_number(1, 64),
        "1",
        "How many processes serve. More than one needs PostgreSQL: one process owns an SQLite file.",
    )
    database_connections: int = _setting(
        values.whole_number(1, 200),
        "8",
        "How many connections to PostgreSQL each process may read by at once. It has two more for writing.",
    )
    host: str = _setting(
        values.HOST, "127.0.0.1", "The address to listen on; `0.0.0.0` or `::` for all of them."
    )
    port: int = _setting(values.PORT, "8080", "The port to listen on.")
    public_url: str = _setting(
        values.WEB_ADDRESS,
        Default(_default_public_url, "`http://`, `KEYSTEAD_HOST`, `:` and `KEYSTEAD_PORT`"),
        "The address by which clients reach Keystead, and the issuer in every token: changing it makes the "
        "tokens that are out there invalid. A closing `/` is dropped.",
    )
    token_ttl: int = _setting(
        values.whole_number(
            61, 86_400, unit="seconds", because="clients log in again when 60 seconds are left"
        ),
        "3600",
        "How long an access token lives, in seconds, where its account does not say otherwise.",
    )
    max_token_ttl: int = _setting(
        values.whole_number(61, 86_400, unit="seconds"),
        "86400",
        "The longest that the access tokens of an account may be made to live, in seconds.",
    )
    refresh_ttl: int = _setting(
        values.whole_number(300, 31_536_000, unit="seconds"),
        "43200",
        "How long a person's session lives, in seconds: refresh tokens are exchanged until then, and the person "
        "signs in again after it.",
    )
    session_ttl: int = _setting(
        values.whole_number(300, 2_592_000, unit="seconds"),
        "43200",
        "How long a person stays signed in in a browser at most, in seconds. A session that nobody uses ends sooner: "
        "after the minutes of the security setting `browserSessionTimeout`.",
    )
    password_grant: bool = _setting(
        values.ON_OR_OFF,
        "on",
        "Whether programs may sign a person in by e-mail and password at the token endpoint. `off` also ends the use "
        "of refresh tokens, which come of nothing else; browsers sign in as before.",
    )
    signing_algorithms: tuple[str, ...] = _setting(
        values.some_of("ES256", "Ed25519", "EdDSA", "RS256"),
        "ES256",
        "How tokens are signed, between commas: the first signs. Of each other one a key is published too, so that "
        "verifiers know it before it comes first; tokens that were signed by another stay good until they expire. "
        "`EdDSA` is `Ed25519` by its older name, for libraries that do not know RFC 9864.",
    )
    key_rotation_days: int = _setting(
        values.whole_number(0, 3_650, unit="days"),
        "90",
        "How long a key signs tokens before the next one takes over, in days; `0`: until it is told to "
        "(`keystead keys rotate`). Tokens that were signed before stay good until they expire.",
    )
    audit_retention_days: int = _setting(
        values.whole_number(0, 36_500, unit="days"),
        "0",
        "For how many days the audit log is kept, changes and sign-ins; `0`: for ever. Older entries are removed once "
        "a day, and the chain goes on to verify from there.",
    )
    proxy_rules: Path | None = _setting(
        values.FILE_OR_OFF,
        "off",
        "A file with the rules by which `/api/v1/proxy-check` lets requests pass that come to a proxy. Without one it "
        "lets none pass. See [the guide](../guides/behind-nginx.md).",
    )
    trusted_proxies: tuple[Network, ...] = _setting(
        values.NETWORKS,
        Default("", "none"),
        "The proxies in front of Keystead. Only a request that comes from one of them may say by "
        "`X-Forwarded-For` where it really came from.",
    )
    log_format: str = _setting(
        values.one_of("console", "json"),
        Default(_default_log_format, "`console` when standard error is a terminal, else `json`"),
        "How log lines are written: for people, or one JSON object a line.",
    )
    log_level: str = _setting(
        values.one_of("debug", "info", "warning", "error"),
        "info",
        "The least important log lines that are written.",
    )
    metrics: Address | None = _setting(
        values.ADDRESS_OR_OFF,
        "off",
        "Where `/metrics` answers, for Prometheus: an address of its own, so that it can be kept from those who call "
        "the API. Whoever reaches it may read it; it names no caller and holds no secret. Of several workers each has "
        "figures of its own: the first answers on this port, the others on those that follow.",
    )
    tenant_id: int = _setting(
        values.whole_number(1, 2**31 - 1),
        "1",
        "The number of the tenant, by which rules and tokens name it. One database is one tenant: the number is "
        "fixed at the first start.",
    )
    tenant_name: str = _setting(
        values.NAME, "keystead", "What the tenant is called when it is made, at the first start."
    )
    admin_email: str = _setting(
        values.EMAIL,
        "admin@keystead.local",
        "The e-mail of the administrator who is made at the first start.",
    )
    admin_password: Secret | None = _secret(
        values.PASSWORD,
        "The password of the administrator who is made at the first start. Without it one is generated, and shown "
        "or written to a file that is named.",
    )
    master_key: Secret | None = _secret(
        values.MASTER_KEY,
        "The key that encrypts the signing keys and the secrets of second factors in the database. Without it one is "
        "made and kept in `master.key` in `KEYSTEAD_DATA_DIR`, readable by its owner alone.",
    )
    new_master_key: Secret | None = _secret(
        values.MASTER_KEY,
        "For `keystead keys rewrap` alone: the key that takes the place of the present one.",
    )

    @property
    def is_on_sqlite(self) -> bool:
        return self.database_url.reveal().startswith(SQLITE_PREFIX)

    @property
    def database_path(self) -> Path:
        """The file that `database_url` names; for SQLite alone."""
        return Path(self.database_url.reveal().removeprefix(SQLITE_PREFIX))

    @classmethod
    def load(cls, environ: Mapping[str, str], *, on_terminal: bool | None = None) -> Self:
        """Reads and checks every setting.

        `on_terminal` tells whether a person watches the log; when it is not given, standard error is asked. Raises
        SettingsError for the first thing that is wrong.
        """
        _refuse_unknown(environ)
        if on_terminal is None:
            on_terminal = sys.stderr is not None and sys.stderr.isatty()
        known: dict[str, Any] = {"on_terminal": on_terminal}
        for setting in SETTINGS:
            known[setting.field] = _value_of(setting, environ, known)
        del known["on_terminal"]
        settings = cls(**known)
        if settings.workers > 1 and settings.is_on_sqlite:
            raise SettingsError(
                f"{PREFIX}WORKERS must be 1 on SQLite, since one process owns the file: more need PostgreSQL in "
                f"{PREFIX}DATABASE_URL."
            )
        if settings.token_ttl > settings.max_token_ttl:
            raise SettingsError(f"{PREFIX}TOKEN_TTL must not be more than {PREFIX}MAX_TOKEN_TTL.")
        return settings


SETTINGS: Final = tuple(
    Setting(declared.name, *declared.metadata[_DECLARATION]) for declared in dataclasses.fields(Settings)
)
"""Every setting, in the order of its declaration."""


def _value_of(setting: Setting, environ: Mapping[str, str], known: Mapping[str, Any]) -> Any:
    text = setting.text_in(environ)
    if text is not None:
        source = (
            setting.variable if setting.variable in environ else f"The content of {setting.file_variable}"
        )
        return setting.parse(text, source)
    if setting.default is None:
        return None
    default = setting.default.text
    return setting.parse(default if isinstance(default, str) else default(known), setting.variable)


def _read_secret_file(variable: str, path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_SECRET_FILE + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise SettingsError(
            f"{variable} must name a readable file, but this one cannot be read: {reason}."
        ) from None
    if len(content) > LARGEST_SECRET_FILE:
        raise SettingsError(f"{variable} must name a file of at most {LARGEST_SECRET_FILE} bytes.")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise SettingsError(f"{variable} must name a file of UTF-8 text.") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise SettingsError(f"{variable} must name a file with the secret in it, but this one is empty.")
    return text


def _refuse_unknown(environ: Mapping[str, str]) -> None:
    ours = sorted(name for name in environ if name.startswith(PREFIX))
    for name in ours:
        if _INJECTED_NAME.fullmatch(name) or _INJECTED_VALUE.fullmatch(environ[name]):
            raise SettingsError(
                f"{name} looks injected by Kubernetes for a service whose name begins with keystead: "
                "set `enableServiceLinks: false` in the pod's spec."
            )
    known = {variable for setting in SETTINGS for variable in setting.variables}
    for name in ours:
        if name not in known:
            _refuse(name, known)


def _refuse(name: str, known: set[str]) -> NoReturn:
    plain = name.removesuffix(FILE_SUFFIX)
    if plain in known:
        raise SettingsError(
            f"{name} is not a setting, since only secrets are read from files: set {plain} itself."
        )
    # Compared without the prefix, which would make everything look alike.
    near = difflib.get_close_matches(
        name.removeprefix(PREFIX), [one.removeprefix(PREFIX) for one in known], n=1
    )
    advice = f"did you mean {PREFIX}{near[0]}?" if near else "`keystead settings` lists those that there are."
    raise SettingsError(f"{name} is not a setting of Keystead: {advice}")
