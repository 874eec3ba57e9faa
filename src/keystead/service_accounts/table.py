"""Accounts as a table of text, for CSV: which columns there are, and what stands in them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from keystead.db.connection import Row
from keystead.kit.clock import format_optional, format_utc
from keystead.kit.errors import bad_input
from keystead.service_accounts.listing import ShownRules


class Column(NamedTuple):
    title: str
    cell: Callable[[Row, ShownRules], str]


def _rules(_row: Row, rules: ShownRules) -> str:
    named = [f"{rule.role_name} in {rule.scope_name}" for rule in rules.first]
    if rules.total > len(named):
        named.append(f"+{rules.total - len(named)}")
    return "; ".join(named)


def _text(key: str) -> Callable[[Row, ShownRules], str]:
    return lambda row, _rules: str(row[key])


def _moment(key: str) -> Callable[[Row, ShownRules], str]:
    return lambda row, _rules: format_utc(row[key])


def _moment_or_nothing(key: str) -> Callable[[Row, ShownRules], str]:
    return lambda row, _rules: format_optional(row[key]) or ""


# In the order of the console's table; those that it shows at first come first.
COLUMNS: Final[Mapping[str, Column]] = {
    "name": Column("Service account", _text("name")),
    "clientId": Column("Client ID", _text("name")),
    "accessRules": Column("Access rule(s)", _rules),
    "lastLogin": Column("Last login", _moment_or_nothing("last_login")),
    "createdBy": Column("Created by", _text("created_by")),
    "createdAt": Column("Creation time", _moment("created_at")),
    "updatedAt": Column("Last updated", _moment("updated_at")),
    "enabled": Column("Status", lambda row, _rules: "Enabled" if row["enabled"] else "Disabled"),
    "id": Column("ID", _text("id")),
    "secretCreatedAt": Column("Secret age", _moment_or_nothing("secret_created_at")),
    "secretExpiresAt": Column("Secret expires", _moment_or_nothing("secret_expires_at")),
    "description": Column("Description", _text("description")),
    "scopeName": Column("Home", _text("home_name")),
}
USUAL: Final = tuple(COLUMNS)[:7]


def chosen_columns(text: str | None) -> Sequence[Column]:
    """The columns that a caller names, in that order; without any, the usual ones."""
    names = USUAL if not text else tuple(name.strip() for name in text.split(","))
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise bad_input("columns", f'has no "{unknown[0][:60]}"; use some of {", ".join(COLUMNS)}.')
    if len(set(names)) < len(names):
        raise bad_input("columns", "names a column twice.")
    return [COLUMNS[name] for name in names]
