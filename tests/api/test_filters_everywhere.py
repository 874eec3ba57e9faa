"""Every operator on every field that filters a list, on each engine: as plain Python judges by what rows show."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import httpx
import pytest

from keystead.access_keys.model import FIELDS as KEY_FIELDS
from keystead.access_rules.model import FIELDS as RULE_FIELDS
from keystead.audit.model import FIELDS as AUDIT_FIELDS
from keystead.kit.query import Field, FieldKind, Fields
from keystead.kit.text import fold
from keystead.org_units.model import DEPARTMENT_FIELDS, PROJECT_FIELDS
from keystead.roles.model import FIELDS as ROLE_FIELDS
from keystead.service_accounts.model import FIELDS as ACCOUNT_FIELDS
from keystead.users.model import FIELDS as USER_FIELDS
from tests.api.engines import inside
from tests.inside import Inside

__all__ = ["inside"]

Row = dict[str, Any]
NAMES: Final = ("ÉTÉ", "straße", "Alpha", "100%", "a_b", "aXb", "a\\b", "one|two", "a, b")
EMAILS: Final = ("a_b@x.example", "aXb@x.example", "Dana@X.example", "dan%a@y.example")
NEGATIVE: Final = ("!=", "!@", "!|")
SEVERAL: Final = ("=|", "!|")
VALUES: Final = 2  # of each field, of those that rows have
RESEARCHER: Final = 5
VIEWER: Final = 7


class List(NamedTuple):
    """`shown`: under which name rows show a field, where that is another. `judged`: what is judged elsewhere."""

    path: str
    fields: Fields
    asked: Mapping[str, str] = MappingProxyType({})
    shown: Mapping[str, str] = MappingProxyType({})
    judged: frozenset[str] = frozenset()


SPAN: Final = {"start": "2000-01-01", "end": "2100-01-01", "numberOfSamples": "1000"}
LISTS: Final = (
    # An account's rules and places have a model of their own: tests/api/test_account_list.py.
    List(
        "/api/v1/service-accounts",
        ACCOUNT_FIELDS,
        judged=frozenset({"accessRules", "roleId", "scope", "scopeId"}),
    ),
    List(
        "/api/v1/apps",
        ACCOUNT_FIELDS,
        judged=frozenset(ACCOUNT_FIELDS.by_name) - {"name", "createdAt", "enabled"},
    ),
    List("/api/v1/authorization/access-rules", RULE_FIELDS, shown={"phase": "status.phase"}),
    List("/api/v1/administration/access-keys", KEY_FIELDS),
    List("/api/v1/users", USER_FIELDS, shown={"creationTime": "createdAt", "lastUpdated": "updatedAt"}),
    List("/api/v1/org-unit/departments", DEPARTMENT_FIELDS),
    List(
        "/api/v1/org-unit/projects",
        PROJECT_FIELDS,
        shown={"departmentId": "parentId", "parentName": "parent.name", "phase": "status.phase"},
    ),
    List(
        "/api/v2/authorization/roles",
        ROLE_FIELDS,
        shown={"custom": "isPredefined"},
        judged=frozenset({"custom"}),
    ),
    List("/api/v1/audit/log", AUDIT_FIELDS, asked=SPAN),
)


async def made(client: httpx.AsyncClient, path: str, body: object) -> Row:
    answer = await client.post(path, json=body)
    assert answer.is_success, answer.text
    found: Row = answer.json()
    return found


async def fill(inside: Inside, admin: httpx.AsyncClient) -> None:
    """A little of everything, each thing some time after the other."""
    clusters = [(await made(admin, "/api/v1/clusters", {"name": name}))["uuid"] for name in NAMES[:2]]
    for name in NAMES:
        inside.clock.pass_seconds(90)
        body = {"name": name, "clusterId": clusters[len(name) % 2], "resources": []}
        department = (await made(admin, "/api/v1/org-unit/departments", body))["id"]
        await made(admin, "/api/v1/org-unit/projects", body | {"parentId": department})
    for number, email in enumerate(EMAILS):
        inside.clock.pass_seconds(90)
        await made(admin, "/api/v1/users", {"email": email})
        name = ("reports", "re_ports", "nightly-build", "b2")[number]
        await made(admin, "/api/v1/service-accounts", {"name": name})
        await made(admin, "/api/v1/access-keys", {"name": name})
        where = {
            "scopeId": clusters[number % 2],
            "scopeType": "cluster",
            "roleId": (RESEARCHER, VIEWER)[number // 2],
        }
        subject = {"subjectId": name, "subjectType": "service-account"} if number % 2 else {
            "subjectId": email, "subjectType": "user"
        }  # fmt: skip
        await made(admin, "/api/v1/authorization/access-rules", subject | where)


@pytest.fixture
async def admin(inside: Inside) -> Any:
    async with await inside.admin() as client:
        yield client


async def rows_of(client: httpx.AsyncClient, asked: List, **parameters: str) -> list[Row]:
    answer = await client.get(asked.path, params={**asked.asked, **parameters})
    assert answer.status_code == 200, (asked.path, parameters, answer.text)
    found = answer.json()
    if isinstance(found, dict):
        found, *same = [value for value in found.values() if isinstance(value, list)]
        assert all(one == found for one in same)
    return list(found)


def value_of(row: Row, path: str) -> Any:
    found: Any = row
    for name in path.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found


def passes(field: Field, have: Any, sign: str, texts: tuple[str, ...]) -> bool:
    """As a person would judge. A row without a value passes what denies, and nothing else."""
    if texts == ("never",) and field.can_lack:
        return (have is None) is (sign == "==")
    if have is None:
        return sign in NEGATIVE
    if sign in SEVERAL:
        return any(passes(field, have, "==", (text,)) for text in texts) is (sign == "=|")
    (text,) = texts
    wanted: Any
    match field.kind:
        case FieldKind.NUMBER:
            wanted = int(text)
        case FieldKind.BOOLEAN:
            wanted = text == "true"
        case FieldKind.DATE:
            have, wanted = have[: len(text)], text
        case _:
            have, wanted = fold(have), fold(text)
    judge: Mapping[str, Callable[[], bool]] = {
        "==": lambda: have == wanted,
        "!=": lambda: have != wanted,
        "<=": lambda: have <= wanted,
        ">=": lambda: have >= wanted,
        "=@": lambda: wanted in have,
        "!@": lambda: wanted not in have,
        "=^": lambda: have.startswith(wanted),
        "=$": lambda: have.endswith(wanted),
    }
    return judge[sign]()


def wanted_of(field: Field, values: list[Any]) -> Iterator[tuple[str, ...]]:
    """What to ask a field for: what rows have, parts of it, in another case, and what none has."""
    match field.kind:
        case FieldKind.BOOLEAN:
            yield from (("true",), ("false",))
        case FieldKind.NUMBER:
            yield from ((str(value),) for value in (*values, -1, 2**40))
        case FieldKind.DATE:
            yield from ((text,) for value in values for text in (value, value[:10]))
            yield ("2001-02-03",)
            if field.can_lack:
                yield ("never",)
        case FieldKind.CHOICE:
            yield from ((choice,) for choice in field.choices)
        case _:
            yield from (
                (text,) for value in values for text in (value, value.swapcase(), value[1:-1], value[:2])
            )
            yield from (("%",), ("_",), ("no such thing",))


def another(field: Field) -> str:
    if field.choices:
        return field.choices[0]
    return "2" if field.kind is FieldKind.NUMBER else "x"


def written(name: str, sign: str, texts: tuple[str, ...]) -> str:
    if sign not in SEVERAL:
        return name + sign + texts[0]
    return name + sign + "|".join(text.replace("\\", "\\\\").replace("|", "\\|") for text in texts)


async def test_each_field_of_each_list_is_filtered_as_its_rows_show(
    inside: Inside, admin: httpx.AsyncClient
) -> None:
    await fill(inside, admin)
    wrong = [problem for asked in LISTS for problem in await problems_of(admin, asked)]
    assert not wrong, "\n".join(wrong)


async def problems_of(admin: httpx.AsyncClient, asked: List) -> list[str]:
    """Each filter that found other rows than it should."""
    rows = await rows_of(admin, asked)
    assert len(rows) >= len(EMAILS)
    wrong, parted = [], 0
    for name in asked.fields.filterable:
        if name in asked.judged:
            continue
        field, shown = asked.fields.by_name[name], asked.shown.get(name, name)
        have = [value_of(row, shown) for row in rows]
        values = sorted({value for value in have if value is not None and value != ""}, key=str)[:VALUES]
        # Of a field that no row has, each operator once: what a scheduler would measure is never there.
        wanted = dict.fromkeys(wanted_of(field, values)) if values or field.can_lack else [("1",)]
        for texts in wanted:
            for sign in signs_for(field, texts):
                given = (*texts, another(field)) if sign in SEVERAL else texts
                expected = [
                    row for row, one in zip(rows, have, strict=True) if passes(field, one, sign, given)
                ]
                parted += 0 < len(expected) < len(rows)
                found = await rows_of(admin, asked, filterBy=written(name, sign, given))
                if found != expected:
                    wrong.append(
                        f"{asked.path}: {written(name, sign, given)}: {len(found)} rows, not {len(expected)}"
                    )
    assert parted > 10, f"filters of {asked.path} must tell rows apart, or nothing was seen of them"
    return wrong


def signs_for(field: Field, texts: tuple[str, ...]) -> list[str]:
    """A blank at an end is not part of a value; a date that is not there is neither before nor after."""
    if texts[0] != texts[0].strip() or not texts[0]:
        return []
    if texts == ("never",) and field.can_lack:
        return ["==", "!="]
    return [operator.value for operator in field.operators]
