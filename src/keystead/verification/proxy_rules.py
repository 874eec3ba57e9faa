"""Which requests that come to a proxy need which permission where: a table in a file. Pure.

Nothing is open that the table does not open. A path that two programs could read in two ways is no path: a proxy and
what lies behind it must not disagree about what was asked for.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import unquote_to_bytes

from keystead.authz.vocabulary import ACTION_BY_WORD, BY_NAME, Permission
from keystead.kit.errors import KeysteadError, Kind

MOST_RULES: Final = 1_000
_FIELDS: Final = frozenset(
    {"host", "methods", "path", "action", "resource", "scope", "signed_in", "audience"}
)
_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")
# What ends or parts a path for some: behind `;` there are parameters (RFC 3986 section 3.3), which some cut off.
_UNCLEAR: Final = re.compile(r"[\x00-\x1f\x7f\\/%?#;]")
_LABEL: Final = "[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_NAME: Final = rf"{_LABEL}(?:\.{_LABEL})*"
_HOST: Final = re.compile(rf"(?:\*\.)?{_NAME}")
_AUTHORITY: Final = re.compile(rf"({_NAME}|\[[0-9a-f:.]+\])\.?(?::[0-9]{{1,5}})?")
_METHOD: Final = re.compile(r"[A-Z]+(?:-[A-Z]+)*")
_VARIABLE: Final = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_REST: Final = "**"


class Needed(NamedTuple):
    """`scope` is an id, or the name of a variable of the path in braces."""

    permission: Permission
    scope: str


class Rule(NamedTuple):
    """`segments` of a path: texts, `*` for any one, `{name}` for one that is a variable, `**` at the end for the rest.

    `host` is empty for any; `methods` are empty for all. `needed` None: any good token will do. `audience` is for whom
    the token must be meant; None: for this server.
    """

    host: str
    methods: frozenset[str]
    segments: tuple[str, ...]
    needed: Needed | None
    audience: str | None


class Match(NamedTuple):
    """What a request needs: any good token, or one with a permission in a scope. Both None, or neither."""

    audience: str | None
    permission: Permission | None
    scope_id: str | None


class ProxyRulesError(KeysteadError):
    """The table is wrong: a sentence that names the rule."""

    def __init__(self, message: str) -> None:
        super().__init__(Kind.UNAVAILABLE, message)


def read_rules(text: str) -> list[Rule]:
    """The table from TOML. Raises ProxyRulesError."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProxyRulesError(f"The proxy rules are not TOML: {error}.") from None
    rules = content.get("rule", [])
    if set(content) - {"rule"} or not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise ProxyRulesError(
            f"The proxy rules are a list of [[rule]], {MOST_RULES} at most, and nothing else."
        )
    return [_rule(number, rule) for number, rule in enumerate(rules, 1)]


def find_rule(rules: Iterable[Rule], method: str, host: str, target: bytes) -> Match | None:
    """What the first rule that matches asks for; None where none does.

    `method` counts as it was sent, in capitals or not (RFC 9110 section 9.1); `target` is the path as it was sent.
    """
    segments, name = path_segments(target), host_name(host)
    if segments is None or name is None or not _METHOD.fullmatch(method):
        return None
    for rule in rules:
        if rule.methods and method not in rule.methods:
            continue
        if rule.host and not _is_host(rule.host, name):
            continue
        variables = _matched(rule.segments, segments)
        if variables is not None:
            return _needs(rule, variables)
    return None


def path_segments(target: bytes) -> list[str] | None:
    """The parts of a path between slashes, decoded; None for a path that could be read in two ways.

    A closing slash makes an empty last part.
    """
    path = target.partition(b"?")[0]
    if not path.startswith(b"/") or b"#" in path or _BROKEN_ESCAPE.search(path):
        return None
    segments = []
    parts = path[1:].split(b"/")
    for number, part in enumerate(parts):
        try:
            segment = unquote_to_bytes(part).decode()
        except UnicodeDecodeError:
            return None
        if not segment and number < len(parts) - 1:
            return None
        if _UNCLEAR.search(segment) or segment in (".", ".."):
            return None
        segments.append(segment)
    return segments


def host_name(authority: str) -> str | None:
    """In lower case, without a port and the dot that may close it; None for what is no host and perhaps a port.

    What one program takes for a name and another does not must not slip past the rules of that name.
    """
    found = _AUTHORITY.fullmatch(authority.lower())
    return found[1] if found else None


def _is_host(wanted: str, host: str) -> bool:
    if wanted.startswith("*."):
        return host.endswith(wanted[1:]) and host != wanted[1:]
    return host == wanted


def _matched(pattern: Sequence[str], segments: Sequence[str]) -> dict[str, str] | None:
    open_ended = bool(pattern) and pattern[-1] == _REST
    fixed = pattern[:-1] if open_ended else pattern
    if len(segments) < len(fixed) or (len(segments) > len(fixed) and not open_ended):
        return None
    variables = {}
    for wanted, segment in zip(fixed, segments, strict=False):
        if wanted == "*" or wanted.startswith("{"):
            if not segment:
                return None
            variables[wanted] = segment
        elif wanted != segment:
            return None
    return variables


def _needs(rule: Rule, variables: Mapping[str, str]) -> Match:
    if rule.needed is None:
        return Match(rule.audience, None, None)
    permission, scope = rule.needed
    return Match(rule.audience, permission, variables.get(scope, scope))


def _rule(number: int, given: Any) -> Rule:
    if not isinstance(given, dict) or not set(given) <= _FIELDS:
        unknown = sorted(set(given) - _FIELDS) if isinstance(given, dict) else []
        raise _wrong(number, f"has {unknown[0]}, which is no field" if unknown else "is not a table")
    segments = _pattern(number, given)
    return Rule(
        _host(number, given),
        _methods(number, given),
        segments,
        _needed(number, given, segments),
        _text(number, given, "audience"),
    )


def _text(number: int, given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and (not isinstance(value, str) or not value):
        raise _wrong(number, f"has a {name} that is not a text")
    return value


def _host(number: int, given: Mapping[str, Any]) -> str:
    host = (_text(number, given, "host") or "").lower()
    if host and not _HOST.fullmatch(host):
        raise _wrong(number, "has a host that is none, such as jobs.example.com or *.example.com")
    return host


def _methods(number: int, given: Mapping[str, Any]) -> frozenset[str]:
    methods = given.get("methods", [])
    if not isinstance(methods, list) or not all(
        isinstance(one, str) and _METHOD.fullmatch(one) for one in methods
    ):
        raise _wrong(number, 'has methods that are none, such as ["GET", "HEAD"]')
    if "methods" in given and not methods:
        raise _wrong(number, "has no methods: leave the field out for all")
    return frozenset(methods)


def _pattern(number: int, given: Mapping[str, Any]) -> tuple[str, ...]:
    path = _text(number, given, "path") or ""
    segments = path[1:].split("/")
    if not path.startswith("/") or "" in segments[:-1]:
        raise _wrong(number, "has no path that begins with a slash and has one between any two parts")
    variables = [one for one in segments if one.startswith("{")]
    if len(set(variables)) != len(variables):
        raise _wrong(number, "has a variable twice in its path")
    for place, segment in enumerate(segments):
        is_last = place == len(segments) - 1
        plain = not set(segment) & set("*{}%\\?#;") and segment not in (".", "..")
        if not (plain or segment == "*" or _VARIABLE.fullmatch(segment) or (segment == _REST and is_last)):
            raise _wrong(
                number,
                "has a path with a part that is neither plain text, *, a variable such as {project}, nor ** at the end",
            )
    return tuple(segments)


def _needed(number: int, given: Mapping[str, Any], segments: Sequence[str]) -> Needed | None:
    action, resource, scope = (_text(number, given, name) for name in ("action", "resource", "scope"))
    if given.get("signed_in") is True:
        if action or resource or scope:
            raise _wrong(number, "is for anyone signed in and needs a permission, too: keep one of the two")
        return None
    if "signed_in" in given or not (action and resource and scope):
        raise _wrong(number, "needs an action, a resource and a scope, or signed_in = true")
    if action not in ACTION_BY_WORD:
        raise _wrong(number, f"has an action that is none of {', '.join(ACTION_BY_WORD)}")
    if resource not in BY_NAME:
        raise _wrong(number, "has a resource that is no resource type, such as jobs")
    if scope.startswith("{") and scope not in segments:
        raise _wrong(number, "has a scope that is no variable of its path")
    return Needed(Permission(ACTION_BY_WORD[action], BY_NAME[resource]), scope)


def _wrong(number: int, problem: str) -> ProxyRulesError:
    return ProxyRulesError(f"Proxy rule {number} {problem}.")
