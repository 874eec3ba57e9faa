"""The API's description: valid, complete, true to the routes, and what the clients of the contract expect."""

import asyncio
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import jsonschema_rs
import msgspec
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from keystead.kit.secret import CLIENT_SECRET_PREFIX, Secret, is_well_formed
from keystead.web.operations import JSON_MEDIA, Operation
from keystead.web.pipeline import Route
from tests.conformance import Description
from tests.inside import running_inside

CONTRACT: Final = Path(__file__).parents[3] / "shared" / "contract" / "run-ai-2.24.openapi.json"
REALM: Final = "/auth/realms/{realm}/protocol/openid-connect/token"
Json = dict[str, Any]


class Served(NamedTuple):
    """What the program serves, and what it says of it."""

    routes: list[Route]
    operations: list[Operation]
    document: Json
    page: str
    page_headers: httpx.Headers
    style: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return asyncio.run(asked(tmp_path_factory.mktemp("described")))


async def asked(directory: Path) -> Served:
    async with running_inside(directory) as inside:
        routes = [route for route in inside.keystead.routes if isinstance(route, Route)]
        document = await inside.anonymous.get("/api/openapi.json")
        page = await inside.anonymous.get("/api/docs")
        style = await inside.anonymous.get("/api/docs/reference.css")
        for answer in (document, page, style):
            Description(document.json()).check(answer)
        return Served(
            routes, list(inside.keystead.operations), document.json(), page.text, page.headers, style.text
        )


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Path, method and operation."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def declared(served: Served) -> list[Operation]:
    return served.operations


def contents(document: Json) -> Iterator[tuple[str, Json]]:
    """What every body and answer of every operation is, with a word for where that stands."""
    for _, _, operation in operations(document):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            yield f"{operation['operationId']} takes {media}", content
        for status, answer in operation["responses"].items():
            for media, content in answer.get("content", {}).items():
                yield f"{operation['operationId']} answers {status} {media}", content
    for name, answer in document["components"]["responses"].items():
        yield name, answer["content"][JSON_MEDIA]


def test_it_is_valid_openapi_3_1(served: Served) -> None:
    assert served.document["openapi"] == "3.1.0"
    errors = [error.message for error in OpenAPIV31SpecValidator(served.document).iter_errors()]
    assert errors == []


def test_it_describes_what_is_served_and_nothing_else(served: Served) -> None:
    described = {(method.upper(), path) for path, method, _ in operations(served.document)}
    assert described == {(one.method, one.path) for one in declared(served)}


def test_every_declaration_says_what_readers_need(served: Served) -> None:
    """What is listed here lacks it: fill in the route's declaration."""
    chapters = {chapter["name"] for chapter in served.document["tags"]}
    lacking = [
        f"{one.operation_id}: {word}"
        for one in declared(served)
        for word, given in {
            "summary": one.summary,
            "tag, one of the chapters in api_guide.py": one.tag in chapters,
            "answers": one.answers,
            "a description of each parameter": all(given.description for given in one.parameters),
        }.items()
        if not given
    ]
    assert lacking == []


def test_operation_ids_are_unique_and_fit_for_a_client_s_method(served: Served) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(served.document)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", one) for one in ids)


def test_who_may_come_in_is_said_of_every_operation(served: Served) -> None:
    by_id = {operation["operationId"]: operation for _, _, operation in operations(served.document)}
    for route in served.routes:
        operation, access = by_id[route.operation_id], route.access
        assert (operation.get("security") == []) is access.public
        assert ("401" in operation["responses"]) is (not access.public or access.from_own_page)
        if access.permission is not None:
            asked = operation["x-permission"]
            assert f"{asked['action']} {asked['resourceType']}" == str(access.permission)
            assert f"`{access.permission}`" in operation["description"]
    assert served.document["security"] == [{"bearerAuth": []}, {"sessionCookie": []}]


def test_oauth_endpoints_have_errors_of_their_own(served: Served) -> None:
    for path in ("/api/v2/token", REALM):
        answers = served.document["paths"][path]["post"]["responses"]
        assert answers["400"]["$ref"].endswith("/OAuthBadRequest")
        assert answers["401"]["$ref"].endswith("/OAuthUnauthorized")
    assert "401" not in served.document["paths"]["/api/v1/token"]["post"]["responses"]


def test_every_operation_on_one_thing_is_linked_from_where_its_id_is_told(served: Served) -> None:
    linked = {
        link["operationId"]: link["parameters"]
        for _, _, operation in operations(served.document)
        for answer in operation["responses"].values()
        for link in answer.get("links", {}).values()
    }
    on_one = {
        operation["operationId"]: set(re.findall(r"\{(\w+)\}", path))
        for path, _, operation in operations(served.document)
        if "{" in path and path != REALM
    }
    assert {name: set(parameters) for name, parameters in linked.items()} == on_one


def test_a_list_leads_to_its_first_and_what_was_made_to_itself(served: Served) -> None:
    path = served.document["paths"]["/api/v1/authorization/access-rules"]
    listed, made = (
        path[method]["responses"][status]["links"]["get_access_rule"]["parameters"]
        for method, status in (("get", "200"), ("post", "201"))
    )
    assert listed == {"accessRuleId": "$response.body#/accessRules/0/id"}
    assert made == {"accessRuleId": "$response.body#/id"}


def test_every_example_is_what_its_schema_says(served: Served) -> None:
    wrong = []
    for where, content in contents(served.document):
        schema = {**content["schema"], "components": served.document["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        named = content.get("examples", {})
        examples = [one["value"] for one in named.values()] or [
            content[key] for key in ("example",) if key in content
        ]
        wrong += [f"{where}: {error.message}" for one in examples for error in validator.iter_errors(one)]
        if "application/json" in where and not examples:
            wrong.append(f"{where}: no example")
    assert wrong == []


def test_every_example_of_a_body_is_one_that_the_route_can_read(served: Served) -> None:
    for route in served.routes:
        if route.body is not None:
            content = served.document["paths"][route.path][route.method.lower()]["requestBody"]["content"][
                JSON_MEDIA
            ]
            named = content.get("examples", {"": {"value": content.get("example")}})
            for one in named.values():
                msgspec.json.decode(json.dumps(one["value"]), type=route.body)


def test_no_example_is_a_secret_that_a_scanner_would_report(served: Served) -> None:
    found = re.findall(r"ksk_[0-9A-Za-z]{49}", json.dumps(served.document))
    assert found
    assert not any(is_well_formed(Secret(text), CLIENT_SECRET_PREFIX) for text in found)


def test_clients_of_the_contract_find_its_names(served: Served) -> None:
    if not CONTRACT.is_file():
        pytest.skip("the contract's file is not beside this checkout; its names cannot be compared")
    contract = json.loads(CONTRACT.read_text())
    theirs = {(_bare(path), method): one for path, method, one in _in_contract(contract)}
    compared = 0
    for path, method, operation in operations(served.document):
        known = theirs.get((_bare(path), method))
        if known is not None:
            compared += 1
            assert operation["operationId"] == known["operationId"]
            assert _good(operation) <= _good(known), operation["operationId"]
            assert _body(known) in (None, _body(operation))
    assert compared >= 40


def test_the_contract_s_enumerations_are_whole(served: Served) -> None:
    if not CONTRACT.is_file():
        pytest.skip("the contract's file is not beside this checkout; its words cannot be compared")
    theirs, ours = (
        json.loads(CONTRACT.read_text())["components"]["schemas"],
        served.document["components"]["schemas"],
    )
    shared = {name for name in theirs if "enum" in theirs[name] and "enum" in ours.get(name, {})}
    assert {"ResourceType", "ScopeType", "SubjectType", "AccessRulesSortFilterFields"} <= shared
    for name in shared - {"TokenRequestGrantTypeEnum", "Action"}:  # those of which not all are offered
        assert set(theirs[name]["enum"]) <= set(ours[name]["enum"]), name


def _in_contract(contract: Json) -> Iterator[tuple[str, str, Json]]:
    for path, item in contract["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _bare(path: str) -> str:
    return re.sub(r"\{\w+\}", "{}", path)


def _good(operation: Json) -> set[str]:
    """The statuses of success."""
    return {status for status in operation["responses"] if status < "300"}


def _body(operation: Json) -> str | None:
    """The name of what the request carries, where it has one."""
    content = operation.get("requestBody", {}).get("content", {})
    return next((one["schema"].get("$ref") for one in content.values()), None)


class Page(HTMLParser):
    """What of a page matters here."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        self.ids += [given["id"] or ""] if "id" in given else []
        self.links += [given["href"] or ""] if tag == "a" else []
        self.addresses += [
            value or "" for name, value in attrs if name in ("src", "href", "style", "onclick")
        ]
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_shows_every_operation_and_schema(served: Served) -> None:
    page = Page(served.page)
    assert page.open == []
    wanted = {operation["operationId"] for _, _, operation in operations(served.document)}
    wanted |= {f"schema-{name}" for name in served.document["components"]["schemas"]}
    assert wanted <= set(page.ids)
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)


def test_the_page_is_all_from_here_and_runs_nothing(served: Served) -> None:
    page = Page(served.page)
    assert all(address.startswith(("/", "#")) for address in page.addresses)
    assert not page.tags & {"script", "style", "iframe", "img", "form"}
    assert not re.search(r"url\(|@import|https?:", served.style)
    policy = served.page_headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self';")
    assert "frame-ancestors 'none'" in policy
