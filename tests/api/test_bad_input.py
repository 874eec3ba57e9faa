"""Bad input: always a 4xx in the endpoint's own words that names the field and what would be right; nothing stored.

After each test here the database is what it was before, and the server's log has no error in it.
"""

import asyncio
import json
import re
import socket
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import msgspec.inspect as types
import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from keystead.kit.ids import new_id
from keystead.tokens import jwt
from keystead.tokens.master_key import MasterKey, key_from_file
from keystead.tokens.signing_keys import SigningKey
from keystead.web.pipeline import Route
from tests.api.conftest import Organisation, give
from tests.inside import running_inside
from tests.raw_http import RawAnswer, chunked, exchange, request
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server

ACCOUNTS = "/api/v1/service-accounts"
RULES = "/api/v1/authorization/access-rules"
OWN_RULES = "/api/v1/authorization/me/access-rules"
CLUSTERS = "/api/v1/clusters"
DEPARTMENTS = "/api/v1/org-unit/departments"
PROJECTS = "/api/v1/org-unit/projects"
ROLES_V1 = "/api/v1/authorization/roles"
ROLES = "/api/v2/authorization/roles"
USERS = "/api/v1/users"
PASSWORD = "/api/v1/me/password"
AUDIT = "/api/v1/audit/log"
TOKEN = "/api/v2/token"
REALMS = "/auth/realms/runai/protocol/openid-connect/token"
CONTRACT_TOKEN = "/api/v1/token"
APP_TOKEN = "/v1/k8s/auth/oauth/apptoken"
OAUTH_PATHS = (TOKEN, REALMS)
CONTRACT_TOKEN_PATHS = (CONTRACT_TOKEN, APP_TOKEN)
LIVE = "/health/live"
JSON = "Content-Type: application/json"
OWN_PAGE = "X-Keystead-Request: console"  # signing in in a browser wants it
FORM = "Content-Type: application/x-www-form-urlencoded"
LIMIT = 1024 * 1024
UNKNOWN_ID, UNKNOWN_NUMBER = "00000000-0000-4000-8000-000000000000", "2147483647"
DEEP = b"[" * 200_000
NUL_CHARACTER, HALF_A_CHARACTER = rb"\u0000", rb"\ud800"

# Usage, not change: an attempt to sign in is counted, whatever comes of it.
COUNTED = {"sign_in", "refused_client"}


@dataclass
class Ground:
    """A server with a little of everything in it."""

    port: int
    token: str
    person_id: str
    account_id: str
    account_token: str
    id_token: str
    cluster_id: str
    department_id: str

    @property
    def authorization(self) -> str:
        return f"Authorization: Bearer {self.token}"

    def send(
        self,
        method: str,
        target: str | bytes,
        *headers: str | bytes,
        body: bytes | None = None,
        signed_in: bool = True,
    ) -> RawAnswer:
        everything = (*([self.authorization] if signed_in else []), *headers)
        return exchange(self.port, request(method, target, everything, body), method=method)

    def send_json(self, method: str, target: str, value: object) -> RawAnswer:
        return self.send(method, target, JSON, OWN_PAGE, body=json.dumps(value).encode())


@pytest.fixture(scope="module")
def ground(running: Server, admin: httpx.Client, organisation: Organisation) -> Ground:
    token = admin.headers["Authorization"].removeprefix("Bearer ")
    created = admin.post(ACCOUNTS, json={"name": "standing"}).json()
    give(admin, "standing", 7, *organisation.tenant)
    form = {
        "grant_type": "client_credentials",
        "client_id": "standing",
        "client_secret": created["clientSecret"],
        "scope": "openid",
    }
    earned = httpx.post(running.url + TOKEN, data=form).json()
    return Ground(
        running.port,
        token,
        json.loads(jwt.decode_segment(token.split(".")[1]))["sub"],
        created["id"],
        earned["access_token"],
        earned["id_token"],
        organisation["a"].id,
        organisation["a1"].id,
    )


def stored(data_dir: Path) -> dict[str, list[Any]]:
    with closing(sqlite3.connect(f"file:{data_dir / 'keystead.db'}?mode=ro", uri=True)) as connection:
        names = {
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        return {
            name: sorted(connection.execute(f"SELECT * FROM {name}"), key=repr) for name in names - COUNTED
        }


@pytest.fixture(autouse=True)
def nothing_is_stored_and_nothing_breaks(running: Server, ground: Ground) -> Iterator[None]:
    before, said = stored(running.data_dir), len(running.log())
    yield
    assert stored(running.data_dir) == before
    assert [line for line in running.log()[said:].splitlines() if '"level":"error"' in line] == []


def refusal(answer: RawAnswer, status: int = 400) -> str:
    """The contract's `{code, message, details}`; returns the message."""
    assert answer.status == status, answer
    content = answer.json()
    assert {"code", "message"} <= content.keys() <= {"code", "message", "details"}, content
    assert content["code"] == status
    assert content["message"].endswith("."), content
    assert answer.headers["cache-control"] == "no-store"
    message: str = content["message"]
    assert "Traceback" not in message
    return message


def oauth_refusal(answer: RawAnswer, error: str = "invalid_request", status: int = 400) -> str:
    """RFC 6749 section 5.2; returns the description."""
    assert answer.status == status, answer
    content = answer.json()
    assert content.keys() == {"error", "error_description"}, content
    assert content["error"] == error
    description: str = content["error_description"]
    assert description.endswith(".")
    return description


# Paths

BROKEN_PATHS = [
    "/%",
    "/%zz",
    "/a%2",
    "/%ff",
    "/%c3",
    "/%ed%a0%80",
    "/%00",
    f"{ACCOUNTS}/%00",
    f"{ACCOUNTS}/x%",
]


@pytest.mark.parametrize("path", BROKEN_PATHS)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_path_that_cannot_be_text_is_refused(ground: Ground, method: str, path: str) -> None:
    assert refusal(ground.send(method, path)).startswith("path: ")


@pytest.mark.parametrize(
    "path",
    ["/nothing", "//", "/x", "/api/v1", "/api/v1/", f"{ACCOUNTS}/", f"{ACCOUNTS}x", "/..", "/%2e%2e", "/a%2fb", "*",
     f"{ACCOUNTS}/%2f", f"{ACCOUNTS}/a/b/c", "/api/v9/token", "/auth/realms//protocol/openid-connect/token",
     "/auth/realms/a%2fb/protocol/openid-connect/token", "/" + "a" * 60_000, "/%F0%9F%9A%80", ACCOUNTS.upper()],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_an_unknown_path_is_a_404(ground: Ground, method: str, path: str) -> None:
    assert refusal(ground.send(method, path), 404) == "Nothing is served at this path."


@pytest.mark.parametrize(
    "path",
    [f"{ACCOUNTS}/{{}}", f"{ACCOUNTS}/{{}}/secrets", f"{CLUSTERS}/{{}}", f"{DEPARTMENTS}/{{}}", f"{PROJECTS}/{{}}",
     f"{USERS}/{{}}"],
)  # fmt: skip
@pytest.mark.parametrize(
    "unknown",
    ["x", "-1", "%20", "%F0%9F%9A%80", "%27%20OR%201=1", "%2e%2e", "%0d%0aX:%20y", "a" * 5_000, UNKNOWN_ID],
)
def test_an_id_that_nobody_has_is_a_404_that_does_not_repeat_it(
    ground: Ground, path: str, unknown: str
) -> None:
    message = refusal(ground.send("GET", path.format(unknown)), 404)
    assert message.endswith(" not found.")
    assert unknown not in message


@pytest.mark.parametrize("path", [f"{RULES}/{{}}", f"{ROLES_V1}/{{}}", f"{ROLES}/{{}}"])
@pytest.mark.parametrize(
    "wrong", ["x", "-1", "1.0", "0x1", "1e3", "%EF%BC%91", "%201", "2147483648", "9" * 5_000]
)
def test_an_id_that_is_no_number_where_ids_are_numbers_is_refused_by_its_name(
    ground: Ground, path: str, wrong: str
) -> None:
    message = refusal(ground.send("GET", path.format(wrong)))
    assert message.startswith(("accessRuleId: must be a whole number", "roleId: must be a whole number"))


# Methods

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "PURGE")


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    """What the application says that it serves."""

    async def ask() -> list[Route]:
        async with running_inside(tmp_path_factory.mktemp("routes")) as inside:
            return [route for route in inside.keystead.routes if isinstance(route, Route)]

    return asyncio.run(ask())


def filled(path: str) -> str:
    """A path template with an id in its places that nobody has."""
    numbered = re.sub(r"{(accessRuleId|roleId)}", UNKNOWN_NUMBER, path)
    return re.sub(r"{\w+}", UNKNOWN_ID, numbered)


def test_a_method_that_a_path_does_not_take_is_a_405_that_lists_those_that_it_does(
    ground: Ground, routes: list[Route]
) -> None:
    by_path: dict[str, set[str]] = {}
    for route in routes:
        by_path.setdefault(route.path, set()).add(route.method)
    assert len(by_path) > 30
    for path, taken in by_path.items():
        for method in METHODS:
            if method in taken or (method == "HEAD" and "GET" in taken):
                continue
            answer = ground.send(method, filled(path))
            assert answer.status == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) == taken
            if method != "HEAD":
                assert method in refusal(answer, 405)


@pytest.mark.parametrize("method", [method for method in METHODS if method != "POST"])
def test_token_paths_refuse_other_methods_in_their_own_words(ground: Ground, method: str) -> None:
    for path in (*OAUTH_PATHS, *CONTRACT_TOKEN_PATHS):
        answer = ground.send(method, path, signed_in=False)
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        if method == "HEAD":
            assert answer.body == b""
        elif path in OAUTH_PATHS:
            assert method in oauth_refusal(answer, status=405)
        else:
            assert method in refusal(answer, 405)


# What is no HTTP

NO_HTTP = {
    "no version": b"GET /x\r\n\r\n\r\n",
    "unknown method": b"FETCH / HTTP/1.1\r\nHost: x\r\n\r\n",
    "method in lower case": b"get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "bytes beyond ASCII in the path": b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "text beyond ASCII in the query": f"GET {ACCOUNTS}?search=é HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "a control character in the path": b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the path": b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in a header": b"GET /x HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "a header without a name": b"GET /x HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "negative length": b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "length that is no number": b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1e3\r\n\r\n",
    "length beyond all numbers": b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: " + b"9" * 30 + b"\r\n\r\n",
    "two lengths": b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}{",
    "length and chunks": b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "unknown coding": b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunked but not last": b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no size": f"POST {ACCOUNTS} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".encode(),
}  # fmt: skip


@pytest.mark.parametrize("what", NO_HTTP)
def test_what_is_no_http_is_refused_before_any_endpoint_and_the_line_is_closed(
    ground: Ground, what: str
) -> None:
    answer = exchange(ground.port, NO_HTTP[what])
    assert 400 <= answer.status < 500
    if answer.status == 400:
        assert "percent-encoded" in refusal(answer)
        assert answer.headers["connection"] == "close"


def test_the_server_lives_on_when_a_caller_hangs_up_in_the_middle(ground: Ground) -> None:
    halves = [
        b"POST",
        f"POST {ACCOUNTS} HTTP/1.1\r\nHost: x\r\n".encode(),
        request("POST", ACCOUNTS, [ground.authorization, "Content-Length: 1000"]) + b'{"name":',
        request("POST", ACCOUNTS, [ground.authorization, "Transfer-Encoding: chunked"]) + b'8\r\n{"name":',
        request("GET", ACCOUNTS, [ground.authorization]),
    ]
    for half in halves:
        with socket.create_connection(("127.0.0.1", ground.port)) as connection:
            connection.sendall(half)
    assert ground.send("GET", LIVE).status == 200


# Headers

ABSURD_HEADERS = [
    b"Accept: \xff\xfe",
    b"Accept: " + b"text/csv;q=x," * 3_000,
    b"X-Request-ID: \xff",
    b"X-Request-ID: ../../etc/passwd",
    b"X-Forwarded-For: , ,\xff, 1.2.3.4.5, unknown, ::::",
    b"Host: \xff",
    b"Content-Type: \xff/\xff",
    b"Cookie: " + b"a=b;" * 10_000,
    b"Content-Encoding: gzip",
    b"Expect: 200-ok",
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x",
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA",
    b"Range: bytes=0-1,2-3,-1",
    b"X-HTTP-Method-Override: DELETE",
    b"A" * 60_000 + b": b",
]


@pytest.mark.parametrize("header", ABSURD_HEADERS, ids=range(len(ABSURD_HEADERS)))
def test_absurd_headers_break_nothing_and_do_not_come_back(ground: Ground, header: bytes) -> None:
    answers = [
        ground.send("GET", LIVE, header, signed_in=False),
        ground.send("GET", f"{ACCOUNTS}?limit=1", header),
        ground.send("GET", ACCOUNTS, header, signed_in=False),
        ground.send("POST", ACCOUNTS, header, body=b"{}"),
        ground.send("POST", TOKEN, header, body=b"", signed_in=False),
        ground.send("POST", CONTRACT_TOKEN, header, body=b"{}", signed_in=False),
    ]
    assert [answer.status for answer in answers] in (
        [200, 200, 401, 400, 400, 400],
        [417] * 6,
    )
    for answer in answers:
        assert len(answer.headers["x-request-id"]) == 36


# Query strings


@pytest.mark.parametrize("value", ["%", "%2", "%zz", "%ff", "%c3", "%00", "a%00b", "%ed%a0%80"])
def test_a_parameter_that_cannot_be_text_is_refused_by_name_on_every_path(
    ground: Ground, routes: list[Route], value: str
) -> None:
    for route in routes:
        if route.method == "GET":
            answer = ground.send("GET", f"{filled(route.path)}?secret=s3cr3t{value}")
            message = refusal(answer)
            assert message.startswith("secret: ")
            assert "s3cr3t" not in message


LISTS = (ACCOUNTS, RULES, OWN_RULES, DEPARTMENTS, PROJECTS, ROLES, USERS)
WRONG_PAGES = [
    "limit=0", "limit=501", "limit=-1", "limit=", "limit=x", "limit=1.5", "limit=1e2", "limit=%EF%BC%91", "limit=+1",
    "limit=99999999999999999999", "limit=1&limit=1", "offset=-1", "offset=x", "offset=", "offset=9223372036854775808",
    "offset=0&offset=0", "sortBy=nothing", "sortBy=", "sortBy=%F0%9F%9A%80", "sortBy=name&sortBy=name",
    "sortOrder=sideways", "sortOrder=", "sortOrder=asc&sortOrder=asc", "filterBy=garbage", "filterBy=nosuch==x",
    "filterBy===x", "filterBy=,", "filterBy=%22", "filterBy=" + "x" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_a_list_refuses_what_its_parameters_cannot_be_by_name(ground: Ground, path: str) -> None:
    for query in WRONG_PAGES:
        message = refusal(ground.send("GET", f"{path}?{query}"))
        assert message.startswith(query.partition("=")[0] + ": "), (query, message)
        assert len(message) < 1_000


WRONG_FILTERS = {
    ACCOUNTS: [
        "name", "name=", "name==", "name=~x", "name<x", "NAME==x", "name ==x", "enabled==maybe", "enabled<=true",
        "enabled=@t", "createdAt==yesterday", "createdAt==2026-13-01", "createdAt>=2026-02-30", "createdAt=@2026",
        "lastLogin<=", "lastLogin<=12:00", "lastLogin>=10000-01-01", "updatedAt!=x", "name==a,enabled==x",
        "description==x", "labels==x", "name==" + "x" * 1_001, ",".join(["name==x"] * 51),
    ],
    RULES: [
        "roleId==x", "roleId=@1", "roleId==9223372036854775808", "roleId==1.5", "subjectType==robot",
        "subjectType=@us", "scopeType==planet", "phase==Gone", "createdAt==x", "deletedAt>=x", "nosuch==1",
    ],
    ROLES: ["custom==maybe", "enabled==2", "createdAt==x", "scopeType==planet"],
    USERS: ["isLocal==maybe", "creationTime==x", "lastLogin==x", "type==true"],
    PROJECTS: ["phase==Gone", "createdAt==x"],
    DEPARTMENTS: ["createdAt==x"],
}  # fmt: skip


@pytest.mark.parametrize("path", WRONG_FILTERS)
def test_a_broken_filter_is_refused_with_what_would_be_right(ground: Ground, path: str) -> None:
    for written in WRONG_FILTERS[path]:
        message = refusal(ground.send("GET", f"{path}?filterBy={quote(written)}"))
        assert message.startswith("filterBy: "), (written, message)
        assert len(message) < 1_000


WRONG_PARAMETERS = {
    f"{ACCOUNTS}?search={'x' * 1_001}": "search",
    f"{ACCOUNTS}?search=a&search=b": "search",
    f"{ACCOUNTS}?limit=1&total=roughly": "total",
    f"{RULES}?subjectType=robot": "subjectType",
    f"{RULES}?scopeType=planet": "scopeType",
    f"{RULES}?includeDeleted=maybe": "includeDeleted",
    f"{RULES}?lastUpdated=yesterday": "lastUpdated",
    f"{RULES}?roleId=x": "roleId",
    f"{RULES}?roleId=99999999999": "roleId",
    f"{RULES}?roleId={'9' * 5_000}": "roleId",
    f"{RULES}?subjectIdFilter={'x' * 60_000}": "subjectIdFilter",
    f"{RULES}?clusterId=a&clusterId=b": "clusterId",
    f"{USERS}?filter=x": "filter",
    f"{USERS}?filter=runai.is_local:maybe": "filter",
    AUDIT: "start",
    f"{AUDIT}?start=2026-01-01": "end",
    f"{AUDIT}?start=x&end=2026-01-01": "start",
    f"{AUDIT}?start=2026-01-01&end=2026-02-30": "end",
    f"{AUDIT}?start=2026-01-02&end=2026-01-01": "start",
    f"{AUDIT}?start=2026-01-01&end=2026-01-02&numberOfSamples=1001": "numberOfSamples",
    f"{AUDIT}?start=2026-01-01&end=2026-01-02&numberOfSamples=-1": "numberOfSamples",
    f"{AUDIT}?start=2026-01-01&end=2026-01-02&offset=x": "offset",
    f"{AUDIT}?start=2026-01-01&end=2026-01-02&sortBy=x": "sortBy",
    f"{AUDIT}?start=2026-01-01&end=2026-01-02&filterBy=action==explode": "filterBy",
}


@pytest.mark.parametrize("target", WRONG_PARAMETERS, ids=lambda target: target[:60])
def test_a_parameter_that_is_wrong_is_refused_by_name(ground: Ground, target: str) -> None:
    assert refusal(ground.send("GET", target)).startswith(f"{WRONG_PARAMETERS[target]}: ")


@pytest.mark.parametrize("path", LISTS)
def test_an_offset_beyond_everything_is_an_empty_page(ground: Ground, path: str) -> None:
    assert ground.send("GET", f"{path}?offset=9223372036854775807&limit=500").status == 200


# Bodies

BODIES: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "body: a JSON object is required."),
    "white space": (b" \r\n\t", "body: a JSON object is required."),
    "NUL bytes": (b"\x00\x00", "body: is not JSON: "),
    "a NUL byte in text": (b'{"name":"a\x00b"}', "body: is not JSON: "),
    "not closed": (b'{"name":"ab"', "body: is not JSON: "),
    "a comma too many": (b'{"name":"ab",}', "body: is not JSON: "),
    "two values": (b'{"name":"ab"} {"name":"cd"}', "body: is not JSON: "),
    "other quotes": (b"{'name':'ab'}", "body: is not JSON: "),
    "a form": (b"name=ab", "body: is not JSON: "),
    "a comment": (b'{"name":"ab"} // x', "body: is not JSON: "),
    "a byte order mark": (b'\xef\xbb\xbf{"name":"ab"}', "body: is not JSON: "),
    "UTF-16": ('{"name":"ab"}'.encode("utf-16"), "body: is not JSON: "),
    "NaN": (b'{"name":NaN}', "body: is not JSON: "),
    "not UTF-8": (b'{"name":"a\xff"}', "body: must be JSON in UTF-8."),
    "half a character in bytes": (b'{"name":"\xed\xa0\x80"}', "body: must be JSON in UTF-8."),
    "half a character in an escape": (b'{"name":"a' + HALF_A_CHARACTER + b'"}', "body: is not JSON: "),
    "null": (b"null", "body: expected `object`, got `null`."),
    "an array": (b'[{"name":"ab"}]', "body: expected `object`, got `array`."),
    "a number": (b"1", "body: expected `object`, got `int`."),
    "text": (b'"ab"', "body: is not JSON: "),
    "empty text": (b'""', "body: a JSON object is required."),
    "encoded three times": (json.dumps(json.dumps('{"name":"ab"}')).encode(), "body: expected `object`, got `str`."),
    "a NUL character": (b'{"name":"a' + NUL_CHARACTER + b'"}', "name: must not contain a NUL character."),
    "a name twice": (b'{"name":"ab","name":"cd"}', "name: is given more than once."),
    "a name twice, encoded twice": (json.dumps('{"name":"ab","name":"cd"}').encode(), "name: is given more than once."),
    "deep arrays": (DEEP, "body: expected `object`, got `array`."),
    "deep arrays in a field": (b'{"name":' + DEEP, "name: expected `str`, got `array`."),
    "deep arrays where nobody looks": (b'{"unknown":' + DEEP, "body: nests too deeply."),
    "deep objects where nobody looks": (b'{"unknown":' + b'{"a":' * 100_000, "body: nests too deeply."),
    "a long number": (b'{"name":' + b"9" * 5_000 + b"}", "name: number out of range."),
    "too much": (b'{"name":"ab","description":"' + b"x" * LIMIT + b'"}', "The body is larger than 1048576 bytes."),
}  # fmt: skip


@pytest.mark.parametrize("what", BODIES)
@pytest.mark.parametrize("send_chunked", [False, True])
def test_a_body_that_is_wrong_is_refused_with_what_would_be_right(
    ground: Ground, what: str, send_chunked: bool
) -> None:
    body, said = BODIES[what]
    status = 413 if what == "too much" else 400
    if send_chunked:
        answer = ground.send("POST", ACCOUNTS, JSON, "Transfer-Encoding: chunked", body=chunked(body))
    else:
        answer = ground.send("POST", ACCOUNTS, JSON, body=body)
    assert refusal(answer, status).startswith(said)


@pytest.mark.parametrize("path", [ACCOUNTS, TOKEN, REALMS, CONTRACT_TOKEN, APP_TOKEN, PASSWORD, CLUSTERS])
def test_a_body_beyond_a_mebibyte_is_refused_before_it_is_read(ground: Ground, path: str) -> None:
    kind = FORM if path in OAUTH_PATHS else JSON
    announced = ground.send("POST", path, kind, f"Content-Length: {LIMIT + 1}")
    patient = ground.send("POST", path, kind, f"Content-Length: {10**15}", "Expect: 100-continue")
    sent = ground.send("POST", path, kind, body=b"x" * (2 * LIMIT))
    in_chunks = ground.send(
        "POST", path, kind, "Transfer-Encoding: chunked", body=chunked(b"x" * (2 * LIMIT))
    )
    for answer in (announced, patient, sent, in_chunks):
        said = oauth_refusal(answer, status=413) if path in OAUTH_PATHS else refusal(answer, 413)
        assert "larger than 1048576 bytes" in said


def test_a_body_is_limited_where_nobody_reads_it_too(ground: Ground) -> None:
    for method, path in (("GET", ACCOUNTS), ("DELETE", f"{ACCOUNTS}/{UNKNOWN_ID}"), ("GET", LIVE)):
        assert refusal(ground.send(method, path, body=b"x" * (LIMIT + 1)), 413)


@pytest.mark.parametrize("path", [*CONTRACT_TOKEN_PATHS])
def test_token_paths_of_the_contract_refuse_wrong_bodies_alike(ground: Ground, path: str) -> None:
    for body, said in BODIES.values():
        if said.startswith("body: ") and "nests" not in said:
            assert refusal(ground.send("POST", path, JSON, body=body, signed_in=False)).startswith("body: ")
    deep = ground.send("POST", path, JSON, body=b'{"unknown":' + DEEP, signed_in=False)
    assert refusal(deep) == "body: nests too deeply."


# Types: every field of every body, derived from what the routes declare

SAMPLES: dict[str, object] = {
    "null": None,
    "boolean": True,
    "integer": 7,
    "number": 1.5,
    "text": "x",
    "array": [],
    "object": {},
}


def taken_by(kind: types.Type) -> set[str]:
    """The samples that a field of this type takes, whatever is said of them later."""
    match kind:
        case types.AnyType():
            return set(SAMPLES)
        case types.Metadata():
            return taken_by(kind.type)
        case types.UnionType():
            return {sample for one in kind.types for sample in taken_by(one)}
        case types.StrType():
            return {"text"}
        case types.LiteralType():
            return set()
        case types.IntType():
            return {"integer"}
        case types.FloatType():
            return {"integer", "number"}
        case types.BoolType():
            return {"boolean"}
        case types.NoneType():
            return {"null"}
        case types.ListType():
            return {"array"}
        case types.DictType() | types.StructType():
            return {"object"}
    raise NotImplementedError(kind)


@dataclass(frozen=True)
class Place:
    """Somewhere in a body: how errors call it, and what leads there."""

    shown: str
    steps: tuple[str | int, ...]
    kind: types.Type
    required: bool = False

    def body(self, value: object) -> object:
        """The least body that has `value` here."""
        for step in reversed(self.steps):
            value = [value] if step == 0 else {step: value}
        return value


def places_in(kind: types.Type, shown: str = "", steps: tuple[str | int, ...] = ()) -> Iterator[Place]:
    match kind:
        case types.Metadata():
            yield from places_in(kind.type, shown, steps)
        case types.UnionType():
            for one in kind.types:
                yield from places_in(one, shown, steps)
        case types.StructType():
            for field in kind.fields:
                name = f"{shown}.{field.encode_name}" if shown else field.encode_name
                place = Place(name, (*steps, field.encode_name), field.type, field.required)
                yield place
                yield from places_in(place.kind, place.shown, place.steps)
        case types.ListType():
            place = Place(f"{shown}[0]", (*steps, 0), kind.item_type)
            yield place
            yield from places_in(place.kind, place.shown, place.steps)
        case types.DictType():
            yield Place(f"{shown}[...]", (*steps, "key"), kind.value_type)


def plain(kind: types.Type) -> object:
    """A value of the type, of no further meaning."""
    match kind:
        case types.Metadata():
            return plain(kind.type)
        case types.StructType():
            return {field.encode_name: plain(field.type) for field in kind.fields if field.required}
        case types.LiteralType():
            return kind.values[0]
        case types.UnionType():
            return plain(kind.types[0])
    [sample, *_] = taken_by(kind)
    return SAMPLES[sample]


def routes_with_bodies(routes: list[Route]) -> Iterator[tuple[Route, types.StructType]]:
    for route in routes:
        if route.body is not None:
            kind = types.type_info(route.body)
            assert isinstance(kind, types.StructType)
            yield route, kind


def test_every_field_of_every_body_refuses_every_wrong_type_by_its_name(
    ground: Ground, routes: list[Route]
) -> None:
    tried = 0
    for route, kind in routes_with_bodies(routes):
        for place in places_in(kind):
            for sample in SAMPLES.keys() - taken_by(place.kind):
                answer = ground.send_json(route.method, filled(route.path), place.body(SAMPLES[sample]))
                message = refusal(answer)
                assert message.startswith(f"{place.shown}: "), (route.operation_id, place, sample, message)
                tried += 1
    assert tried > 500


def test_every_required_field_of_every_body_is_asked_for_by_its_name(
    ground: Ground, routes: list[Route]
) -> None:
    tried = 0
    for route, kind in routes_with_bodies(routes):
        for place in places_in(kind):
            if not place.required or 0 in place.steps:
                continue
            body: Any = plain(kind)
            parent = body
            for step in place.steps[:-1]:
                parent = parent[step]
            del parent[place.steps[-1]]
            message = refusal(ground.send_json(route.method, filled(route.path), body))
            assert message == f"{place.shown}: is required.", (route.operation_id, message)
            tried += 1
    assert tried > 20


def test_a_required_field_inside_an_array_is_asked_for_by_its_place(ground: Ground) -> None:
    payload = {"roleId": 7, "subjects": [{"subjectId": "standing"}], "scopes": []}
    message = refusal(ground.send_json("POST", f"{RULES}/batch-create", {"payload": payload}))
    assert message == "payload.subjects[0].subjectType: is required."


def test_every_body_refuses_what_is_no_object(ground: Ground, routes: list[Route]) -> None:
    for route, _ in routes_with_bodies(routes):
        for sample in SAMPLES.keys() - {"object", "text"}:
            answer = ground.send_json(route.method, filled(route.path), SAMPLES[sample])
            assert refusal(answer).startswith("body: expected `object`")


# Values: what no type tells


def test_values_that_cannot_be_are_refused_by_field(ground: Ground) -> None:
    account = f"{ACCOUNTS}/{ground.account_id}"
    rule = {"subjectId": "standing", "subjectType": "app", "roleId": 7, "scopeId": "1", "scopeType": "tenant"}
    department = {"scopeId": ground.department_id, "scopeType": "department"}
    unit = {"name": "x", "clusterId": ground.cluster_id, "resources": []}
    strange, pointless = (
        {"resourceType": "x", "actions": ["read"]},
        {"resourceType": "project", "actions": ["x"]},
    )
    role = {
        "name": "x",
        "description": "x",
        "permissions": [{"resourceType": "project", "actions": ["read"]}],
    }
    explain = {
        "subjectType": "service-account",
        "subjectId": "standing",
        "action": "read",
        "resourceType": "project",
    }
    wrong: list[tuple[str, str, object, str]] = [
        ("POST", ACCOUNTS, {"name": "x" * 256}, "name"),
        ("POST", ACCOUNTS, {"name": "A B"}, "name"),
        ("POST", ACCOUNTS, {"name": "access-key-" + "0" * 32}, "name"),
        ("POST", ACCOUNTS, {"name": "fine", "description": "x" * 1_001}, "description"),
        ("POST", ACCOUNTS, {"name": "fine", "labels": {"a b": "x"}}, "labels"),
        ("POST", ACCOUNTS, {"name": "fine", "scopeType": "tenant"}, "scopeId"),
        ("POST", ACCOUNTS, {"name": "fine", "scopeId": "1", "scopeType": "planet"}, "scopeType"),
        ("POST", ACCOUNTS, {"name": "fine", "scopeId": "1", "scopeType": "cluster"}, "scopeType"),
        ("PATCH", account, {}, "body"),
        ("PATCH", account, {"description": "x" * 1_001}, "description"),
        ("POST", f"{account}/secrets", {"name": "x" * 101}, "name"),
        ("POST", f"{account}/secrets", {"expiresAt": "soon"}, "expiresAt"),
        ("POST", f"{account}/secrets", {"expiresAt": "2020-01-01"}, "expiresAt"),
        ("POST", RULES, {**rule, "subjectType": "robot"}, "subjectType"),
        ("POST", RULES, {**rule, "subjectId": ""}, "subjectId"),
        ("POST", RULES, {**rule, "subjectId": "x" * 256}, "subjectId"),
        ("POST", RULES, {**rule, "subjectType": "user", "subjectId": "no e-mail"}, "subjectId"),
        ("POST", RULES, {**rule, "scopeType": "planet"}, "scopeType"),
        ("POST", RULES, {**rule, "scopeType": "system"}, "scopeType"),
        ("POST", RULES, {**rule, "scopeType": "cluster"}, "scopeType"),
        ("POST", RULES, {**rule, **department, "clusterId": "x"}, "clusterId"),
        ("POST", f"{RULES}/batch-create", {"payload": {"roleId": 7, "subjects": [], "scopes": []}}, "payload.subjects"),
        ("POST", f"{RULES}/batch", {"ids": [], "action": "delete"}, "ids"),
        ("POST", f"{RULES}/batch", {"ids": [1], "action": "explode"}, "action"),
        ("POST", "/api/v1/authorization/permitted-scopes", {"resourceType": "planet"}, "resourceType"),
        ("POST", "/api/v1/authorization/permitted-scopes", {"resourceType": "project", "action": "x"}, "action"),
        ("POST", "/api/v1/authorization/explain", {**explain, "scopeId": "1", "action": "x"}, "action"),
        ("POST", "/api/v1/authorization/explain", {**explain, "scopeId": "1", "subjectType": "x"}, "subjectType"),
        ("POST", "/api/v1/authorization/explain", {**explain, "scopeId": "1", "resourceType": "x"}, "resourceType"),
        ("POST", CLUSTERS, {"name": ""}, "name"),
        ("POST", CLUSTERS, {"name": "x" * 256}, "name"),
        ("POST", CLUSTERS, {"name": "a/b"}, "name"),
        ("POST", CLUSTERS, {"name": "a\nb"}, "name"),
        ("POST", DEPARTMENTS, {**unit, "name": " x"}, "name"),
        ("POST", DEPARTMENTS, {**unit, "description": "x" * 70_000}, "body"),
        ("POST", DEPARTMENTS, {**unit, "clusterId": ground.department_id}, "clusterId"),
        ("POST", PROJECTS, {**unit, "parentId": ground.cluster_id}, "parentId"),
        ("POST", DEPARTMENTS, {**unit, "resources": [{"memory": {"units": "GiB"}}]}, "resources[0].memory.units"),
        ("POST", ROLES, {**role, "name": ""}, "name"),
        ("POST", ROLES, {**role, "name": "x" * 256}, "name"),
        ("POST", ROLES, {**role, "permissions": []}, "permissionSets"),
        ("POST", ROLES, {**role, "permissionSets": [{"id": "x"}]}, "permissionSets[0].id"),
        ("POST", ROLES, {**role, "permissions": [strange]}, "permissions[0].resourceType"),
        ("POST", ROLES, {**role, "permissions": [pointless]}, "permissions[0].actions"),
        ("POST", USERS, {"email": "no e-mail"}, "email"),
        ("POST", USERS, {"email": "x" * 250 + "@example.org"}, "email"),
        ("POST", USERS, {"email": "a@example.org", "groups": [""]}, "groups"),
        ("POST", USERS, {"email": "a@example.org", "groups": ["x" * 256]}, "groups"),
        ("PATCH", f"{USERS}/{ground.person_id}", {}, "body"),
        ("POST", PASSWORD, {"currentPassword": ADMIN_PASSWORD, "newPassword": "short"}, "newPassword"),
        ("POST", PASSWORD, {"currentPassword": "wrong", "newPassword": "long enough, this"}, "currentPassword"),
    ]  # fmt: skip
    for method, path, body, field in wrong:
        message = refusal(ground.send_json(method, path, body))
        assert message.startswith(f"{field}: "), (method, path, body, message)


def test_names_that_nobody_has_are_not_found_by_field(ground: Ground) -> None:
    rule = {"subjectId": "standing", "subjectType": "app", "roleId": 7, "scopeId": "1", "scopeType": "tenant"}
    unknown: list[tuple[str, object, str]] = [
        (ACCOUNTS, {"name": "fine", "scopeId": "x"}, "scopeId"),
        (ACCOUNTS, {"name": "fine", "scopeId": UNKNOWN_ID}, "scopeId"),
        (RULES, {**rule, "subjectId": "nobody"}, "subjectId"),
        (RULES, {**rule, "roleId": 2}, "roleId"),
        (RULES, {**rule, "roleId": -1}, "roleId"),
        (RULES, {**rule, "roleId": 10**30}, "roleId"),
        (RULES, {**rule, "scopeId": UNKNOWN_ID}, "scopeId"),
        (DEPARTMENTS, {"name": "x", "clusterId": UNKNOWN_ID, "resources": []}, "clusterId"),
        (PROJECTS, {"name": "x", "clusterId": ground.cluster_id, "parentId": "x", "resources": []}, "parentId"),
    ]  # fmt: skip
    for path, body, field in unknown:
        answer = ground.send_json("POST", path, body)
        assert answer.status in (400, 404), answer
        assert answer.json()["message"].startswith(f"{field}: "), answer


@pytest.mark.parametrize("role_id", [2, -1, 2**31, 2**63, 2**64, 10**30])
def test_a_role_that_cannot_be_is_told_in_a_batch_too(ground: Ground, role_id: int) -> None:
    subjects = [{"subjectId": "standing", "subjectType": "service-account"}]
    payload = {"roleId": role_id, "subjects": subjects, "scopes": [{"scopeId": "1", "scopeType": "tenant"}]}
    answer = ground.send_json("POST", f"{RULES}/batch-create", {"payload": payload})
    if 0 <= role_id < 2**31:
        assert [failed["message"].partition(":")[0] for failed in answer.json()["failed"]] == ["roleId"]
    else:
        assert refusal(answer).startswith("payload.roleId: expected `int` ")


# Who asks: RFC 6750 section 3


def unauthorized(answer: RawAnswer) -> None:
    assert refusal(answer, 401)
    assert answer.headers["www-authenticate"].startswith('Bearer realm="keystead"')


NO_TOKENS = [
    b"Authorization:", b"Authorization: Bearer", b"Authorization: Bearer ", b"Authorization: x",
    b"Authorization: Bearer x", b"Authorization: Bearer a.b.c", b"Authorization: Bearer ...",
    b"Authorization: Bearer ..", b"Authorization: Bearer \xff\xfe", b"Authorization: Bearer e30.e30.",
    b"Authorization: Bearer e30.e30.e30", b"Authorization: Bearer bnVsbA.bnVsbA.AA",
    b"Authorization: Bearer W10.W10.AA", b"Authorization: Bearer " + b"a" * 9_000,
    b"Authorization: Bearer " + b"a." * 4_000, b"Authorization: Basic YTpi", b"Authorization: Digest a=b",
    b"Authorization: Bearer ksk_x", b"Authorization: Bearer ey J.a.b",
]  # fmt: skip


def test_what_is_no_token_is_a_401_on_every_path_that_wants_one(ground: Ground, routes: list[Route]) -> None:
    for header in NO_TOKENS:
        unauthorized(ground.send("GET", OWN_RULES, header, signed_in=False))
    for route in routes:
        if not route.access.public:
            path = filled(route.path)
            body = None if route.method in ("GET", "DELETE") else b"{}"
            unauthorized(ground.send(route.method, path, body=body, signed_in=False))
            unauthorized(ground.send(route.method, path, NO_TOKENS[5], body=body, signed_in=False))


def test_a_token_is_taken_from_one_authorization_header_and_nowhere_else(ground: Ground) -> None:
    twice = [ground.authorization, ground.authorization]
    other = [ground.authorization, f"Authorization: Bearer {ground.account_token}"]
    for headers in (
        twice,
        other,
        [f"Authorization: Basic YTpi, Bearer {ground.token}"],
        [f"X-Auth: {ground.token}"],
    ):
        unauthorized(ground.send("GET", OWN_RULES, *headers, signed_in=False))
    unauthorized(ground.send("GET", f"{OWN_RULES}?access_token={ground.token}", signed_in=False))
    unauthorized(ground.send("GET", OWN_RULES, f"Cookie: token={ground.token}", signed_in=False))
    assert (
        ground.send("GET", OWN_RULES, f"authorization:  bearer   {ground.token} ", signed_in=False).status
        == 200
    )


@pytest.fixture(scope="module")
def own_key(running: Server, ground: Ground) -> SigningKey:
    """The server's signing key, as only the owner of the machine can have it."""
    master = MasterKey(key_from_file(running.data_dir / "master.key"))
    with closing(sqlite3.connect(f"file:{running.data_dir / 'keystead.db'}?mode=ro", uri=True)) as connection:
        [(kid, sealed)] = connection.execute("SELECT kid, private_sealed FROM signing_key").fetchall()
    private = serialization.load_der_private_key(master.open(sealed, kid), password=None)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    key = SigningKey.from_private(private)
    assert key.kid == kid
    return key


def segment(value: object) -> str:
    return jwt.encode_segment(json.dumps(value).encode())


def split(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = token.split(".")
    return json.loads(jwt.decode_segment(header)), json.loads(jwt.decode_segment(payload)), signature


def bear(ground: Ground, token: str) -> RawAnswer:
    return ground.send("GET", OWN_RULES, f"Authorization: Bearer {token}", signed_in=False)


def test_a_token_that_was_forged_without_the_key_is_a_401(ground: Ground, own_key: SigningKey) -> None:
    header, claims, signature = split(ground.token)
    stranger = SigningKey.from_private(ec.generate_private_key(ec.SECP256R1()))
    _, others, other_signature = split(ground.account_token)
    public = own_key.public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )

    def signed_by_stranger(head: dict[str, Any]) -> str:
        return jwt.sign(segment(head), claims, stranger.private)

    def hmac_signed(secret: bytes) -> str:
        text = f"{segment({**header, 'alg': 'HS256'})}.{segment(claims)}"
        mac = hmac.HMAC(secret, hashes.SHA256())
        mac.update(text.encode())
        return f"{text}.{jwt.encode_segment(mac.finalize())}"

    forged = [
        *(
            f"{segment({**header, 'alg': alg})}.{segment(claims)}."
            for alg in ("none", "None", "NONE", "nOnE", "")
        ),
        f"{segment({**header, 'alg': 'none'})}.{segment(claims)}.{signature}",
        hmac_signed(public),
        hmac_signed(public.strip()),
        hmac_signed(json.dumps(own_key.public_jwk).encode()),
        hmac_signed(own_key.public_jwk["x"].encode()),
        hmac_signed(b""),
        signed_by_stranger(header),
        signed_by_stranger({**header, "kid": stranger.kid}),
        signed_by_stranger({**header, "kid": stranger.kid, "jwk": stranger.public_jwk}),
        signed_by_stranger({**header, "jku": "https://keystead.example/.well-known/jwks.json"}),
        signed_by_stranger({**header, "kid": "../../../dev/null"}),
        f"{segment(header)}.{segment({**claims, 'generation': 2})}.{signature}",
        f"{segment(header)}.{segment({**claims, 'exp': claims['exp'] + 1})}.{signature}",
        f"{segment(header)}.{segment(others)}.{signature}",
        f"{segment(header)}.{segment(claims)}.{other_signature}",
        ground.token[:-2],
        ground.token + "A",
        ground.token + "=",
        ground.token.replace(".", "..", 1),
        ground.token + ".e30",
        f"{ground.token}.",
        ground.token.rpartition(".")[0] + ".",
        ground.token.rpartition(".")[0] + "." + jwt.encode_segment(bytes(64)),
    ]
    for token in forged:
        unauthorized(bear(ground, token))
    assert bear(ground, ground.token).status == 200


def test_a_token_that_is_not_what_it_must_be_is_a_401_though_the_key_signed_it(
    ground: Ground, own_key: SigningKey
) -> None:
    header, claims, _ = split(ground.token)
    _, others, _ = split(ground.account_token)

    def signed(head: dict[str, Any], said: object) -> str:
        return jwt.sign(segment(head), said, own_key.private)

    assert bear(ground, signed(header, claims)).status == 200
    changed_headers: list[dict[str, Any]] = [
        {"typ": "JWT"}, {"typ": "at+jwt2"}, {"typ": ""}, {"typ": None}, {"typ": 1}, {"alg": "ES384"}, {"alg": "es256"},
        {"alg": ["ES256"]}, {"kid": ""}, {"kid": None}, {"kid": 1}, {"kid": own_key.kid.lower()}, {"crit": ["exp"]},
        {"crit": []}, {"b64": False, "crit": ["b64"]},
    ]  # fmt: skip
    for change in changed_headers:
        unauthorized(bear(ground, signed({**header, **change}, claims)))
    for name in header:
        unauthorized(
            bear(ground, signed({key: value for key, value in header.items() if key != name}, claims))
        )
    changed_claims: list[dict[str, Any]] = [
        {"exp": 1}, {"exp": 0}, {"exp": -1}, {"exp": claims["iat"]}, {"exp": "9999999999"}, {"exp": None},
        {"iss": "https://elsewhere.example"}, {"iss": claims["iss"] + "/"}, {"aud": "https://elsewhere.example"},
        {"aud": ["https://elsewhere.example"]}, {"aud": []}, {"aud": 1}, {"aud": None}, {"nbf": claims["exp"]},
        {"sub": others["sub"]}, {"sub": UNKNOWN_ID}, {"sub": ""}, {"sub": None},
        {"subject_type": "service-account"}, {"credential_id": others["credential_id"]}, {"credential_id": new_id()},
        {"generation": claims["generation"] + 1}, {"generation": 0}, {"generation": "1"},
        {"generation": 10**30},
    ]  # fmt: skip
    for change in changed_claims:
        unauthorized(bear(ground, signed(header, {**claims, **change})))
    for name in claims:
        unauthorized(
            bear(ground, signed(header, {key: value for key, value in claims.items() if key != name}))
        )
    no_claims: list[object] = [None, [], "text", 1, {}, [claims]]
    for said in no_claims:
        unauthorized(bear(ground, signed(header, said)))


def test_an_id_token_opens_nothing(ground: Ground) -> None:
    unauthorized(bear(ground, ground.id_token))


# The token endpoint: RFC 6749

FORMS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "grant_type is required"),
    "separators": (b"&" * 100_000, "grant_type is required"),
    "no grant type": (b"client_id=a&client_secret=b", "grant_type is required"),
    "an empty grant type": (b"grant_type=&client_id=a", "grant_type is required"),
    "a grant type twice": (b"grant_type=client_credentials&grant_type=client_credentials", "grant_type is given"),
    "a client twice": (b"grant_type=client_credentials&client_id=a&client_id=b", "client_id is given"),
    "a secret twice": (b"grant_type=client_credentials&client_secret=a&client_secret=a", "client_secret is given"),
    "an unknown field twice": (b"grant_type=client_credentials&x=1&x=2", "x is given"),
    "very many fields": (b"a=1&" * 200_000, "a is given"),
    "a broken escape": (b"grant_type=client_credentials&client_id=%zz", "client_id: has a %"),
    "a broken escape in a name": (b"grant_type=client_credentials&%=1", "parameter name: has a %"),
    "NUL": (b"grant_type=client_credentials&client_secret=a%00b", "client_secret: must not contain a NUL"),
    "a NUL byte": (b"grant_type=client_credentials&client_secret=a\x00b", "client_secret: must not contain a NUL"),
    "NUL in a name": (b"grant_type=client_credentials&a%00=b", "parameter name: must not contain a NUL"),
    "not UTF-8": (b"grant_type=client_credentials&client_id=%ff", "client_id: is not UTF-8"),
    "half a character": (b"grant_type=client_credentials&client_id=%ed%a0%80", "client_id: is not UTF-8"),
    "a long client": (b"grant_type=client_credentials&client_id=" + b"x" * 4_097, "client_id is longer"),
    "a long name": (b"grant_type=client_credentials&" + b"x" * 100_000 + b"=%", "xxx"),
    "JSON": (b'{"grant_type":"client_credentials"}', "grant_type is required"),
    "no credentials": (b"grant_type=client_credentials", "The client's ID and secret are required."),
    "no password": (b"grant_type=password&username=a", "username and password are required."),
    "no refresh token": (b"grant_type=refresh_token", "The refresh token is required."),
}  # fmt: skip


@pytest.mark.parametrize("path", OAUTH_PATHS)
@pytest.mark.parametrize("what", FORMS)
def test_rfc_6749_section_5_2_a_form_that_is_wrong_is_an_invalid_request(
    ground: Ground, path: str, what: str
) -> None:
    body, said = FORMS[what]
    assert oauth_refusal(ground.send("POST", path, FORM, body=body, signed_in=False)).startswith(said)
    in_chunks = ground.send(
        "POST", path, FORM, "Transfer-Encoding: chunked", body=chunked(body, 1_000), signed_in=False
    )
    assert oauth_refusal(in_chunks).startswith(said)


@pytest.mark.parametrize(
    "kind", [JSON, "Content-Type: multipart/form-data; boundary=x", "Content-Type: x", "X: y"]
)
def test_rfc_6749_section_4_4_2_what_is_called_no_form_is_an_invalid_request(
    ground: Ground, kind: str
) -> None:
    body = b"grant_type=client_credentials&client_id=a&client_secret=b"
    assert "x-www-form-urlencoded" in oauth_refusal(
        ground.send("POST", TOKEN, kind, body=body, signed_in=False)
    )


@pytest.mark.parametrize(
    "credentials",
    [b"", b" ", b"x", b"%", b"=", b"\xff\xff", b64encode(b"a"), b64encode(b"%zz:b"), b64encode(b"%00:b"),
     b64encode(b"a:%ff"), b64encode(b"\xff:\xff"), b64encode(b":"), b64encode(b"a:"), b64encode(b":b"),
     b64encode(b"a" * 5_000 + b":b"), b64encode(b"a:b")[:-1]],
)  # fmt: skip
def test_rfc_6749_section_2_3_1_basic_credentials_that_are_none_are_an_invalid_request(
    ground: Ground, credentials: bytes
) -> None:
    body = b"grant_type=client_credentials"
    header = b"Authorization: Basic " + credentials
    oauth_refusal(ground.send("POST", TOKEN, FORM, header, body=body, signed_in=False))


def test_rfc_6749_section_2_3_a_client_that_authenticates_twice_is_an_invalid_request(ground: Ground) -> None:
    basic = b"Authorization: Basic " + b64encode(b"a:b")
    alone, both = (
        b"grant_type=client_credentials",
        b"grant_type=client_credentials&client_id=a&client_secret=b",
    )
    assert "two ways" in oauth_refusal(ground.send("POST", TOKEN, FORM, basic, body=both, signed_in=False))
    assert "more than once" in oauth_refusal(
        ground.send("POST", TOKEN, FORM, basic, basic, body=alone, signed_in=False)
    )


@pytest.mark.parametrize("grant_type", ["", "x", "CLIENT_CREDENTIALS", "client_credentials ", "\U0001f680"])
def test_the_contracts_token_path_tells_which_grants_there_are(ground: Ground, grant_type: str) -> None:
    body = json.dumps({"grantType": grant_type, "clientId": "a", "clientSecret": "b"}).encode()
    message = refusal(ground.send("POST", CONTRACT_TOKEN, JSON, body=body, signed_in=False))
    assert "client_credentials" in message


@pytest.mark.parametrize(
    "field", ["grantType", "clientId", "AppSecret", "username", "PASSWORD", "refreshToken"]
)
@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, ["x"], "a\0b", "x" * 4_097])
def test_the_contracts_token_path_refuses_wrong_values_by_field(
    ground: Ground, field: str, value: object
) -> None:
    body = json.dumps({"grantType": "client_credentials", field: value}).encode()
    assert refusal(ground.send("POST", CONTRACT_TOKEN, JSON, body=body, signed_in=False)).startswith(field)


def test_the_contracts_token_path_refuses_a_field_that_is_given_twice(ground: Ground) -> None:
    for body in (
        b'{"grantType":"client_credentials","clientId":"a","clientId":"b","clientSecret":"c"}',
        b'{"grantType":"client_credentials","clientId":"a","CLIENTID":"b","clientSecret":"c"}',
        b'{"grantType":"client_credentials","clientId":"a","appId":"b","clientSecret":"c"}',
    ):
        message = refusal(ground.send("POST", CONTRACT_TOKEN, JSON, body=body, signed_in=False))
        assert "lientId" in message or "CLIENTID" in message or "clientid" in message


def test_no_refusal_repeats_a_secret(ground: Ground, running: Server) -> None:
    secret = "ksk_S3CR3T"
    for body in (
        f"grant_type=client_credentials&client_id=a&client_secret={secret}",
        f"grant_type=client_credentials&client_id=a&client_secret={secret}%",
        f"grant_type=password&username={ADMIN_EMAIL}&password={secret}",
        f"grant_type=refresh_token&refresh_token={secret}",
        f"grant_type={secret}",
    ):
        answer = ground.send("POST", TOKEN, FORM, body=body.encode(), signed_in=False)
        assert 400 <= answer.status < 500
        assert secret.encode() not in answer.body
    for name in ("clientSecret", "password", "refreshToken"):
        answer = ground.send("POST", CONTRACT_TOKEN, JSON, body=json.dumps({name: [secret]}).encode())
        assert secret.encode() not in answer.body
    answer = ground.send_json("POST", PASSWORD, {"currentPassword": secret, "newPassword": secret + "x"})
    assert secret.encode() not in answer.body
    assert secret not in running.log()
