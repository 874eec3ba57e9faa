"""Whatever is sent to whatever path, by somebody who may everything: an answer, and never a fault of ours."""

import asyncio
import json
import string
from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import msgspec.inspect as types
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from keystead.audit.model import FIELDS as AUDIT_FIELDS
from keystead.kit.query import Operator
from keystead.web.pipeline import Route
from tests.api.conftest import Organisation, give
from tests.inside import running_inside
from tests.serving import Server

PERSON = "/api/v1/users/{userId}"
TOKEN_PATHS = (
    "/api/v2/token",
    "/auth/realms/runai/protocol/openid-connect/token",
    "/api/v1/token",
    "/v1/k8s/auth/oauth/apptoken",
)
TOKEN_FIELDS = ("grant_type", "grantType", "client_id", "clientId", "AppId", "client_secret", "AppSecret", "username",
                "password", "refresh_token", "refreshToken", "scope", "id", "name", "secret")  # fmt: skip
FUZZ = settings(
    max_examples=400,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

AWKWARD = ["", "null", "true", "0", "-1", "2147483648", "9223372036854775808", "1e309", "NaN", "é", "\U0001f680", "%",
           "%00", "_", "*", "'", '"', "\\", "a,b", "..", "../..", "\u202e", "\ufeff", "\r\nX: y", "2026-02-30",
           "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "x" * 300, "x" * 5_000]  # fmt: skip
TEXT = st.sampled_from(AWKWARD) | st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NUMBERS = (
    st.integers()
    | st.sampled_from([2**31, 2**53, 2**63, 2**64, -(2**63), 10**40])
    | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    async def ask() -> list[Route]:
        async with running_inside(tmp_path_factory.mktemp("routes")) as inside:
            return [route for route in inside.keystead.routes if isinstance(route, Route)]

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def known(admin: httpx.Client, organisation: Organisation) -> list[str]:
    """Values that mean something here: ids and names, and words of the vocabulary."""
    account = admin.post("/api/v1/service-accounts", json={"name": "known"}).json()
    rule = give(admin, "known", 7, *organisation["a1"])
    person = admin.post("/api/v1/users", json={"email": "known@example.org"}).json()
    wish = {
        "name": "Known",
        "description": "x",
        "permissions": [{"resourceType": "project", "actions": ["read"]}],
    }
    role = admin.post("/api/v2/authorization/roles", json=wish).json()
    ids = [place.id for place in organisation.places.values()]
    words = ["tenant", "cluster", "project", "user", "group", "app", "read", "delete", "service-account"]
    names = ["1", "7", "known", "known@example.org"]
    return [*names, account["id"], str(rule), person["id"], str(role["id"]), *ids, *words]


def of_kind(kind: types.Type, text: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Values of the type that a field has, for the most part: what lies behind the check of types is tried too."""
    match kind:
        case types.Metadata():
            return of_kind(kind.type, text)
        case types.UnionType():
            return st.one_of(*(of_kind(one, text) for one in kind.types))
        case types.StructType():
            fields = {field.encode_name: of_kind(field.type, text) for field in kind.fields}
            required = {field.encode_name for field in kind.fields if field.required}
            return st.fixed_dictionaries(
                {name: value for name, value in fields.items() if name in required},
                optional={name: value for name, value in fields.items() if name not in required},
            )
        case types.ListType():
            return st.lists(of_kind(kind.item_type, text), max_size=3)
        case types.DictType():
            return st.dictionaries(text, of_kind(kind.value_type, text), max_size=3)
        case types.IntType():
            return st.integers() | st.integers(0, 2_000)
        case types.FloatType():
            return st.floats(allow_nan=False, allow_infinity=False)
        case types.BoolType():
            return st.booleans()
        case types.NoneType():
            return st.none()
        case types.LiteralType():
            return st.sampled_from(kind.values)
    return text


@st.composite
def filter_texts(draw: st.DrawFn) -> str:
    fields = ["name", "clientId", "accessRules", "lastLogin", "createdBy", "createdAt", "enabled", "roleId",
              "scopeType", "subjectId", "phase", "custom", "isLocal", "username", *AUDIT_FIELDS.filterable]  # fmt: skip
    parts = [
        draw(st.sampled_from(fields)) + draw(st.sampled_from(list(Operator))).value + draw(TEXT)
        for _ in range(draw(st.integers(1, 3)))
    ]
    return ",".join(parts)


def latin(text: str) -> bytes:
    return text.encode("latin-1")


QUERIES = st.lists(
    st.tuples(st.just("filterBy"), filter_texts())
    | st.tuples(
        st.sampled_from(["sortBy", "sortOrder", "limit", "offset", "search", "total", "start", "end"]), TEXT
    )
    | st.tuples(st.sampled_from(["limit", "offset", "numberOfSamples", "roleId"]), st.integers().map(str))
    | st.tuples(
        st.sampled_from(["subjectIds", "subjectIdFilter", "lastUpdated", "includeDeleted", "force"]), TEXT
    )
    | st.tuples(TEXT, TEXT),
    max_size=4,
)


def assert_no_fault_of_ours(answer: httpx.Response) -> None:
    asked = (answer.request.method, answer.request.url, answer.request.content[:2_000])
    assert answer.status_code < 500, (asked, answer.text)
    assert answer.status_code != 422, asked
    if answer.status_code >= 400 and answer.request.method != "HEAD":
        content = answer.json()
        assert content.keys() <= {"code", "message", "details"} or content.keys() == {
            "error",
            "error_description",
        }
        assert content.get("code", answer.status_code) == answer.status_code
        assert "Traceback" not in answer.text


@pytest.fixture(scope="module", autouse=True)
def nothing_breaks(running: Server) -> Iterator[None]:
    yield
    assert [line for line in running.log().splitlines() if '"level":"error"' in line] == []


@FUZZ
@given(data=st.data())
def test_no_request_of_any_route_is_answered_by_a_fault(
    admin: httpx.Client, routes: list[Route], known: list[str], data: st.DataObject
) -> None:
    route = data.draw(st.sampled_from(routes), label="route")
    text = st.sampled_from(known) | TEXT
    path = route.path
    for _, name, _, _ in string.Formatter().parse(route.path):
        if name:
            path = path.replace(f"{{{name}}}", quote(data.draw(text, label=name), safe="") or "-")
    query = "&".join(f"{quote(name)}={quote(value)}" for name, value in data.draw(QUERIES, label="query"))
    body = None
    if route.method not in ("GET", "DELETE"):
        shaped = of_kind(types.type_info(route.body), text) if route.body else VALUES
        value = data.draw(st.one_of(shaped, shaped, shaped, VALUES), label="body")
        body = json.dumps(value, allow_nan=False).encode()
    assert_no_fault_of_ours(admin.request(route.method, f"{path}?{query}", content=body))


@FUZZ
@given(
    path=st.sampled_from(TOKEN_PATHS),
    body=st.one_of(
        st.binary(max_size=200),
        st.dictionaries(
            st.sampled_from(TOKEN_FIELDS),
            st.sampled_from(["client_credentials", "app_token", "refresh_token", "known", "openid"]) | VALUES,
        ),
        VALUES,
    ),
    as_form=st.booleans(),
    credentials=st.none()
    | st.binary(min_size=1, max_size=60).map(b64encode)
    | st.text(st.sampled_from(string.printable[:94] + "éÿ"), min_size=1, max_size=40).map(latin),
)
def test_no_request_for_a_token_is_answered_by_a_fault(
    anonymous: httpx.Client, path: str, body: Any, as_form: bool, credentials: bytes | None
) -> None:
    if isinstance(body, bytes):
        content = body
    elif as_form and isinstance(body, dict):
        content = "&".join(f"{quote(name)}={quote(str(value))}" for name, value in body.items()).encode()
    else:
        content = json.dumps(body).encode()
    headers = {b"content-type": b"application/x-www-form-urlencoded" if as_form else b"application/json"}
    if credentials is not None:
        headers[b"authorization"] = b"Basic " + credentials
    assert_no_fault_of_ours(anonymous.post(path, content=content, headers=headers))


@FUZZ
@given(
    raw=st.binary(max_size=100), path=st.sampled_from(["/", "/api/v1/service-accounts", "/api/v1/clusters/"])
)
def test_no_path_and_no_query_is_answered_by_a_fault(admin: httpx.Client, path: str, raw: bytes) -> None:
    """Percent-encoded in full, so that it reaches us as it is; some signs broken on purpose."""
    encoded = "".join(f"%{byte:02X}" for byte in raw)
    for target in (
        path + encoded,
        f"{path}?{encoded}",
        f"{path}?search={encoded}",
        f"{path}?filterBy={encoded}%",
    ):
        url = httpx.URL(str(admin.base_url)).copy_with(raw_path=target.encode())
        assert_no_fault_of_ours(admin.get(url))
