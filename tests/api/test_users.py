"""People over HTTP: made with a temporary password, read, listed, changed, reset, logged out, deleted."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, Final

import httpx
import pytest
from runai.models.user2 import User2
from runai.models.user_post_response import UserPostResponse

from keystead.web.pipeline import Route
from tests.api.conftest import MakeAccount, Organisation, Place
from tests.api.contract_file import require_of_contract
from tests.api.holders import (
    ALWAYS,
    AUDIT,
    DEPARTMENT_ADMINISTRATOR,
    L1_RESEARCHER,
    NOBODY,
    OWN_RULES,
    RULES,
    USERS,
    VIEWER,
    Holders,
    fresh,
)
from tests.api.people import PASSWORD, TOKEN, USER_NOT_FOUND, People, Person, Session
from tests.inside import running_inside
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server, bearing

SESSION: Final = "/api/v1/session"
# What is done to one person, and what it answers to those who may.
OPERATIONS: Final[dict[str, tuple[str, str, object, int]]] = {
    "get": ("GET", "", None, 200),
    "edit": ("PATCH", "", {"enabled": True}, 200),
    "reset": ("POST", "/password", None, 200),
    "log out": ("POST", "/logout", None, 200),
    "delete": ("DELETE", "", None, 204),
}


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture(scope="module")
def people(server: str, admin: httpx.Client, stack: ExitStack) -> People:
    return People(server, admin, stack)


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client, stack: ExitStack) -> Holders:
    return Holders(server, admin, stack)


@pytest.fixture(scope="module")
def routes(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Route]:
    """All that the program declares."""

    async def declared() -> Sequence[Route]:
        async with running_inside(tmp_path_factory.mktemp("declared")) as inside:
            return inside.keystead.routes

    return asyncio.run(declared())


@pytest.fixture(scope="module")
def bystander(people: People) -> Person:
    """Lives in the tenant; for tests in which nothing happens to them."""
    return people.new(groups=["before"])


def ask(client: httpx.Client, operation: str, path: str) -> httpx.Response:
    method, below, body, _ = OPERATIONS[operation]
    return client.request(method, path + below, json=body)


def message(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == status
    return str(answer.json()["message"])


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["username"] for one in answer.json()]


def walk(routes: Sequence[Route], client: httpx.Client) -> dict[str, httpx.Response]:
    """What every route that is not public answers, by method and path."""
    return {
        f"{route.method} {route.path}": client.request(
            route.method, re.sub(r"\{\w+\}", NOBODY, route.path), json={}
        )
        for route in routes
        if not route.access.public
    }


# Who may


def test_the_anonymous_are_asked_to_sign_in(anonymous: httpx.Client, bystander: Person) -> None:
    assert {ask(anonymous, one, bystander.path).status_code for one in OPERATIONS} == {401}
    answers = [
        anonymous.get(USERS),
        anonymous.get(f"{USERS}/count"),
        anonymous.post(USERS, json={"email": "eve@example.org"}),
        anonymous.post(PASSWORD, json={"currentPassword": bystander.password, "newPassword": "long enough"}),
    ]
    assert {answer.status_code for answer in answers} == {401}


def test_without_a_right_to_people_they_are_not_there_at_all(
    make_account: MakeAccount, bystander: Person, organisation: Organisation
) -> None:
    with make_account(rules=[(L1_RESEARCHER, *organisation.tenant)]) as caller:
        assert [caller.get(USERS).status_code, caller.get(f"{USERS}/count").status_code] == [403, 403]
        assert caller.post(USERS, json={"email": "eve@example.org"}).status_code == 403
        for operation in OPERATIONS:
            answer = ask(caller, operation, bystander.path)
            assert (answer.status_code, answer.json()) == (404, USER_NOT_FOUND), operation


def test_who_only_reads_people_may_not_change_them(
    holders: Holders, bystander: Person, organisation: Organisation
) -> None:
    reader = holders.caller("r users", organisation.tenant)
    assert {one: ask(reader, one, bystander.path).status_code for one in OPERATIONS} == {
        "get": 200,
        "edit": 403,
        "reset": 403,
        "log out": 403,
        "delete": 403,
    }
    assert reader.post(USERS, json={"email": "eve@example.org"}).status_code == 403


def test_each_right_opens_its_own_operations(
    holders: Holders, people: People, organisation: Organisation
) -> None:
    updater = holders.caller("ru users", organisation.tenant)
    deleter = holders.caller("rd users", organisation.tenant)
    for caller, allowed in ((updater, {"edit", "reset", "log out"}), (deleter, {"delete"})):
        person = people.new()
        for operation, (_, _, _, status) in OPERATIONS.items():
            wanted = status if operation == "get" or operation in allowed else 403
            assert ask(caller, operation, person.path).status_code == wanted, operation


def test_out_of_scope_is_unknown_to_the_byte(
    make_account: MakeAccount, people: People, organisation: Organisation
) -> None:
    above, beside = people.new(scopeId=organisation["a"].id), people.new(scopeId=organisation["b1"].id)
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]) as caller:
        for operation in OPERATIONS:
            unknown = ask(caller, operation, f"{USERS}/{NOBODY}")
            assert (unknown.status_code, unknown.json()) == (404, USER_NOT_FOUND)
            for person in (above, beside):
                answer = ask(caller, operation, person.path)
                assert (answer.status_code, answer.content) == (404, unknown.content), operation


def test_who_administers_a_department_administers_those_who_live_in_it(
    make_account: MakeAccount, people: People, organisation: Organisation
) -> None:
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]) as caller:
        for place in ("a1", "a1x"):
            person = people.new(scopeId=organisation[place].id)
            for operation, (_, _, _, status) in OPERATIONS.items():
                assert ask(caller, operation, person.path).status_code == status, operation
            assert caller.get(person.path).status_code == 404


def test_a_list_and_its_count_end_where_the_right_ends(
    make_account: MakeAccount, admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    inside = [people.new(scopeId=organisation[place].id) for place in ("b2", "b2x", "b2y")]
    outside = [people.new(), people.new(scopeId=organisation["b"].id)]
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["b2"])]) as caller:
        assert names(caller.get(USERS)) == [one.email for one in inside]
        assert caller.get(f"{USERS}/count").json() == {"count": 3}
        for one in outside:
            query = {"filterBy": f"username=={one.email}"}
            assert names(caller.get(USERS, params=query)) == []
            assert caller.get(f"{USERS}/count", params=query).json() == {"count": 0}
            assert names(caller.get(USERS, params={"search": one.email})) == []
            assert names(admin.get(USERS, params=query)) == [one.email]


# Making one


def test_a_new_person_gets_a_temporary_password_that_is_told_once(admin: httpx.Client) -> None:
    answer = admin.post(
        USERS, json={"email": "Dana.Ng+keys@Example.com", "resetPassword": False, "notify": True}
    )
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    made = UserPostResponse.from_dict(answer.json())
    assert (made.username, answer.json().keys()) == (
        "Dana.Ng+keys@Example.com",
        {"id", "username", "tempPassword"},
    )
    assert re.fullmatch(r"[a-z2-9]{5}(-[a-z2-9]{5}){3}", made.temp_password)
    told = admin.get(f"{USERS}/{made.id}").text + admin.get(USERS).text + admin.get(AUDIT, params=ALWAYS).text
    assert made.temp_password not in told
    assert "argon2" not in told


def test_a_person_is_what_the_contract_and_its_client_expect(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    person = people.new(scopeId=organisation["a1x"].id, groups=["researchers", 'Zoë’s, "all"', "researchers"])
    found = admin.get(person.path).json()
    assert found in admin.get(USERS).json()
    require_of_contract("User2", found)
    read = User2.from_dict(found)
    assert abs((datetime.now(UTC) - read.created_at).total_seconds()) < 60
    assert read.updated_at == read.created_at
    assert {name: value for name, value in found.items() if not name.endswith("At")} == {
        "id": person.id,
        "username": person.email,
        "createdBy": ADMIN_EMAIL,
        "lastLogin": None,
        "isLocal": True,
        "groups": ["researchers", 'Zoë’s, "all"'],
        "enabled": True,
        "passwordIsTemporary": True,
        "secondFactor": False,
        "scopeId": organisation["a1x"].id,
        "scopeType": "project",
        "scopeName": "project-a1x",
        "permittedActions": ["update", "delete"],
    }
    people.sign_in(person)
    assert User2.from_dict(admin.get(person.path).json()).last_login >= read.created_at


@pytest.mark.parametrize(
    "email",
    ["", "dana", "dana@example", "@example.org", "da na@example.org", "dana@exämple.org", "dana@example.org\n",
     "dana@@example.org", "Dana <dana@example.org>", "a" * 243 + "@example.org"],
)  # fmt: skip
def test_what_is_no_e_mail_is_refused(admin: httpx.Client, email: str) -> None:
    assert message(admin.post(USERS, json={"email": email})).startswith("email: must be an e-mail address")


def test_the_longest_e_mail_is_taken(people: People) -> None:
    assert len(people.new("a" * 242 + "@example.org").email) == 254


def test_an_e_mail_is_one_whatever_its_case(admin: httpx.Client, people: People) -> None:
    person = people.new()
    said = message(admin.post(USERS, json={"email": person.email.upper()}), 409)
    assert "already exists" in said
    assert names(admin.get(USERS, params={"filterBy": f"username=={person.email.upper()}"})) == [person.email]
    assert people.sign_in(Person(person.id, person.email.upper(), person.password))


@pytest.mark.parametrize(
    "groups",
    [[""], ["  "], ["x" * 256], [f"group-{number}" for number in range(101)]],
    ids=lambda one: len(one),
)
def test_groups_that_cannot_be_are_refused(admin: httpx.Client, bystander: Person, groups: list[str]) -> None:
    assert message(admin.post(USERS, json={"email": "new@example.org", "groups": groups})).startswith(
        "groups: "
    )
    assert message(admin.patch(bystander.path, json={"groups": groups})).startswith("groups: ")
    assert admin.get(bystander.path).json()["groups"] == ["before"]
    assert names(admin.get(USERS, params={"search": "new@example.org"})) == []


def test_a_person_lives_in_the_highest_place_where_their_maker_may_make_people(
    holders: Holders, organisation: Organisation
) -> None:
    maker = holders.caller("cr users, r project, r department", organisation["a1"], organisation["b1x"])
    answer = maker.post(USERS, json={"email": f"{fresh('home')}@example.org"})
    found = maker.get(f"{USERS}/{answer.json()['id']}").json()
    assert (found["scopeId"], found["scopeType"]) == organisation["a1"]


def test_where_several_places_are_equally_high_one_must_be_chosen(
    holders: Holders, organisation: Organisation
) -> None:
    maker = holders.caller("cr users, r project", organisation["a1x"], organisation["b1x"])
    said = message(maker.post(USERS, json={"email": "choice@example.org"}))
    assert organisation["a1x"].id in said
    assert organisation["b1x"].id in said
    for place in ("a1x", "b1x"):
        body = {
            "email": f"{fresh('chosen')}@example.org",
            "scopeId": organisation[place].id,
            "scopeType": "project",
        }
        assert maker.post(USERS, json=body).status_code == 201


@pytest.mark.parametrize(
    ("place", "kind", "status"),
    [("a1", "department", 403), ("b1x", "project", 404), ("a1x", "cluster", 400), ("a1x", "galaxy", 400)],
)
def test_a_home_must_be_in_reach(
    holders: Holders, organisation: Organisation, place: str, kind: str, status: int
) -> None:
    maker = holders.caller("cr users, r project", organisation["a1x"])
    if place == "a1":
        maker = holders.as_account(
            holders.account(
                rules=[
                    (holders.role("cr users, r project"), *organisation["a1x"]),
                    (holders.role("r department, r users"), *organisation["a1"]),
                ]
            )
        )
    body = {"email": "homeless@example.org", "scopeId": organisation[place].id, "scopeType": kind}
    assert message(maker.post(USERS, json=body), status)


def test_a_home_by_level_alone_says_what_is_missing(admin: httpx.Client) -> None:
    body = {"email": "homeless@example.org", "scopeType": "tenant"}
    assert message(admin.post(USERS, json=body)).startswith("scopeId: ")


# The list


@pytest.fixture(scope="module")
def crowd(people: People, holders: Holders, organisation: Organisation) -> httpx.Client:
    """A client that sees three people: b, who has signed in, a and c, who was made by somebody else."""
    maker = holders.account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a2"])], name="maker")
    home = organisation["a2"].id
    people.sign_in(people.new("b@crowd.example", scopeId=home))
    people.new("A@crowd.example", scopeId=home)
    seeing = holders.as_account(maker)
    assert seeing.post(USERS, json={"email": "c_%@crowd.example", "scopeId": home}).status_code == 201
    return seeing


A, B, C = "A@crowd.example", "b@crowd.example", "c_%@crowd.example"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [A, B, C]),
        ("sortOrder=desc", [C, B, A]),
        ("sortBy=UsersFilterSortFields.USERNAME", [A, B, C]),
        ("sortBy=creationTime", [B, A, C]),
        ("sortBy=createdBy", [B, A, C]),  # by e-mail, then by client ID; equals by id
        ("sortBy=lastLogin&sortOrder=desc&limit=1", [B]),
        ("sortBy=creationTime&offset=1&limit=1", [A]),
        ("offset=3", []),
        ("filterBy=username=@CROWD", [A, B, C]),
        ("filterBy=username==a@crowd.example", [A]),
        ("filterBy=username=@_%25", [C]),
        ("filterBy=createdBy==maker", [C]),
        ("filterBy=createdBy!=maker", [A, B]),
        ("filterBy=username>=b,createdBy=@admin", [B]),
        ("filterBy=lastLogin>=2020-01-01", [B]),
        ("filterBy=creationTime<=2020-01-01", []),
        ("filterBy=isLocal==true", [A, B, C]),
        ("filterBy=isLocal==false", []),
        ("filter=runai.is_local:true", [A, B, C]),
        ("filter=runai.is_local:false", []),
        ("sortBy=type", [A, B, C]),
        ("search=MAKER", [C]),
        ("search=_%25", [C]),
        ("search=nobody", []),
    ],
)
def test_the_list_is_filtered_sorted_and_paged(crowd: httpx.Client, query: str, found: list[str]) -> None:
    answered = names(crowd.get(f"{USERS}?{query}"))
    if query in ("sortBy=createdBy", "sortBy=type"):  # ties go by ids, which are random
        assert sorted(answered) == sorted(found)
        assert query == "sortBy=type" or answered[-1] == C
    else:
        assert answered == found
    if "limit" not in query and "offset" not in query and "sort" not in query:
        assert crowd.get(f"{USERS}/count?{query}").json() == {"count": len(found)}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("filterBy=email==x", "filterBy"),
        ("filterBy=isLocal==maybe", "filterBy"),
        ("filterBy=lastLogin>=yesterday", "filterBy"),
        ("sortBy=groups", "sortBy"),
        ("sortOrder=up", "sortOrder"),
        ("limit=501", "limit"),
        ("limit=0", "limit"),
        ("offset=-1", "offset"),
        ("filter=enabled:true", "filter"),
    ],
)
def test_a_list_that_cannot_be_is_refused_by_name(admin: httpx.Client, query: str, named: str) -> None:
    assert message(admin.get(f"{USERS}?{query}")).startswith(f"{named}: ")


# The temporary password


def test_a_token_of_a_temporary_password_changes_it_and_does_nothing_else(
    admin: httpx.Client, people: People, routes: Sequence[Route]
) -> None:
    person = people.new(rules=[(1, "1", "tenant")])
    session = people.sign_in(person)
    refreshed = session.refresh().json()["access_token"]
    for token in (session.client.headers["Authorization"].removeprefix("Bearer "), refreshed):
        with bearing(str(session.client.base_url), token) as client:
            assert client.get(SESSION).json()["state"] == "password-change-required"
            answers = walk([route for route in routes if route.path != SESSION], client)
            assert answers.pop(f"POST {PASSWORD}").status_code == 400  # it would be taken, were there a body
            assert len(answers) > 50
            for operation, answer in answers.items():
                assert message(answer, 403).startswith("Your password is temporary: change it"), operation

    settled = people.settle(person)
    assert settled.client.get(USERS).status_code == 200
    assert admin.get(person.path).json()["passwordIsTemporary"] is False


def test_every_way_to_sign_in_is_bound_by_a_temporary_password(server: str, bystander: Person) -> None:
    named = {"username": bystander.email, "password": bystander.password}
    realms = "/auth/realms/runai/protocol/openid-connect/token"
    answers = [
        httpx.post(f"{server}/api/v1/token", json={"grantType": "password", **named}).json()["accessToken"],
        httpx.post(f"{server}{realms}", data={**bystander.form, "client_id": "runai"}).json()["access_token"],
    ]
    for token in answers:
        with bearing(server, token) as client:
            assert client.get(OWN_RULES).status_code == 403


def test_a_temporary_password_cannot_be_kept(admin: httpx.Client, people: People, bystander: Person) -> None:
    session = people.sign_in(bystander)
    same = {"currentPassword": bystander.password, "newPassword": bystander.password}
    assert message(session.client.post(PASSWORD, json=same)).startswith("newPassword: ")
    assert admin.get(bystander.path).json()["passwordIsTemporary"] is True


def test_who_has_a_temporary_password_cannot_pass_it_on_or_away(people: People, bystander: Person) -> None:
    """Not even with what everyone may do to themselves: they cannot log out, reset or change who they are."""
    client = people.sign_in(bystander).client
    assert {ask(client, operation, bystander.path).status_code for operation in OPERATIONS} == {403}


# Resetting


def test_a_reset_tells_a_new_temporary_password_and_ends_what_was(
    admin: httpx.Client, anonymous: httpx.Client, people: People, routes: Sequence[Route]
) -> None:
    person = people.new()
    session, other = people.settle(person), people.sign_in(person)
    answer = admin.post(f"{person.path}/password")
    assert (answer.status_code, answer.json().keys()) == (200, {"tempPassword"})
    assert answer.headers["cache-control"] == "no-store"
    assert {one.status_code for one in walk(routes, session.client).values()} == {401}
    assert not other.is_alive()
    assert [session.refresh().status_code, other.refresh().status_code] == [400, 400]
    assert anonymous.post(TOKEN, data=person.form).status_code == 400

    anew = Person(person.id, person.email, answer.json()["tempPassword"])
    assert people.sign_in(anew).client.get(OWN_RULES).status_code == 403
    assert people.settle(anew).is_alive()
    assert not session.is_alive()


def test_a_password_that_is_being_changed_does_not_survive_a_reset(
    admin: httpx.Client, people: People
) -> None:
    person = people.new()
    session = people.settle(person)
    assert admin.post(f"{person.path}/password").status_code == 200
    passwords = {"currentPassword": person.password, "newPassword": "the old one lives on"}
    assert session.client.post(PASSWORD, json=passwords).status_code == 401


# Ending


def disable(admin: httpx.Client, person: Person) -> httpx.Response:
    return admin.patch(person.path, json={"enabled": False})


def disable_and_enable(admin: httpx.Client, person: Person) -> httpx.Response:
    disable(admin, person)
    return admin.patch(person.path, json={"enabled": True})


def log_out(admin: httpx.Client, person: Person) -> httpx.Response:
    return admin.post(f"{person.path}/logout")


def delete(admin: httpx.Client, person: Person) -> httpx.Response:
    return admin.delete(person.path)


def delete_and_make_anew(admin: httpx.Client, person: Person) -> httpx.Response:
    delete(admin, person)
    return admin.post(USERS, json={"email": person.email})


@pytest.mark.parametrize(
    ("end", "signs_in"),
    [
        (disable, False),
        (disable_and_enable, True),
        (log_out, True),
        (delete, False),
        (delete_and_make_anew, False),
    ],
)
def test_what_ends_a_person_ends_their_tokens_and_sessions_at_once_and_for_good(
    end: Callable[[httpx.Client, Person], httpx.Response],
    signs_in: bool,
    admin: httpx.Client,
    anonymous: httpx.Client,
    people: People,
    routes: Sequence[Route],
) -> None:
    person = people.new()
    session = people.settle(person)
    renewed = session.refresh().json()
    assert session.is_alive()
    answer = end(admin, person)
    assert answer.is_success, answer.text
    assert not session.is_alive()
    with bearing(str(session.client.base_url), renewed["access_token"]) as client:
        assert {one.status_code for one in walk(routes, client).values()} == {401}
    assert Session(session.client, renewed["refresh_token"]).refresh().status_code == 400

    again = anonymous.post(TOKEN, data=person.form)
    assert again.is_success == signs_in
    if not signs_in:
        assert again.json() == {
            "error": "invalid_grant",
            "error_description": "The e-mail or the password is wrong.",
        }


def test_a_deleted_person_is_gone_with_their_rules(
    admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    person = people.new(rules=[(VIEWER, *organisation["a"]), (L1_RESEARCHER, *organisation["b1x"])])
    of_them = {"subjectIds": person.email}
    assert admin.get(RULES, params=of_them).json()["totalRecords"] == 2
    assert admin.delete(person.path).status_code == 204
    assert admin.get(person.path).json() == USER_NOT_FOUND
    assert admin.delete(person.path).status_code == 404
    assert admin.get(RULES, params=of_them).json()["totalRecords"] == 0
    assert names(admin.get(USERS, params={"filterBy": f"username=={person.email}"})) == []


def test_anyone_may_log_themselves_out(people: People) -> None:
    person = people.new()
    session = people.settle(person)
    other = people.new()
    assert log_out(session.client, other).status_code == 404
    assert (log_out(session.client, person).status_code, session.is_alive()) == (200, False)


# Editing


def test_what_an_edit_does_not_name_stays(admin: httpx.Client, people: People) -> None:
    person = people.new(groups=["one"])
    assert admin.patch(person.path, json={"groups": ["two", "three"]}).json() == {}
    assert admin.patch(person.path, json={"enabled": False}).status_code == 200
    found = admin.get(person.path).json()
    assert (found["groups"], found["enabled"]) == (["two", "three"], False)
    assert admin.patch(person.path, json={"groups": []}).status_code == 200
    found = admin.get(person.path).json()
    assert (found["groups"], found["enabled"]) == ([], False)


@pytest.mark.parametrize("body", [{}, {"enabled": None}, {"email": "other@example.org"}])
def test_an_edit_that_changes_nothing_says_what_could_be(
    admin: httpx.Client, bystander: Person, body: dict[str, Any]
) -> None:
    assert "enabled or groups" in message(admin.patch(bystander.path, json=body))


def test_only_disabling_ends_sessions(admin: httpx.Client, people: People) -> None:
    person = people.new()
    session = people.settle(person)
    assert admin.patch(person.path, json={"enabled": True, "groups": ["some"]}).status_code == 200
    assert session.is_alive()


def test_an_id_is_one_whatever_its_case(admin: httpx.Client, people: People) -> None:
    person = people.new()
    path = f"{USERS}/{person.id.upper()}"
    assert admin.get(path).json()["id"] == person.id
    assert admin.patch(path, json={"groups": ["x"]}).status_code == 200
    assert admin.delete(path).status_code == 204


def test_the_log_tells_what_was_done_to_whom_and_no_password(
    running: Server, admin: httpx.Client, people: People, organisation: Organisation
) -> None:
    person = people.new(scopeId=organisation["a1x"].id)
    people.settle(person)
    admin.patch(person.path, json={"enabled": False, "groups": ["one", "two"]})
    temporary = admin.post(f"{person.path}/password").json()["tempPassword"]
    log_out(admin, person)
    delete(admin, person)
    answer = admin.get(
        AUDIT,
        params={**ALWAYS, "sortOrder": "asc", "filterBy": f"entity_name=={person.email},entity_type==user"},
    )
    entries = answer.json()["audit_logs"]
    assert [(one["action"], one["subject"]) for one in entries] == [
        ("create", ADMIN_EMAIL),
        ("reset-password", person.email),
        ("update", ADMIN_EMAIL),
        ("reset-password", ADMIN_EMAIL),
        ("sign-out", ADMIN_EMAIL),
        ("delete", ADMIN_EMAIL),
    ]
    assert {(one["entity_type"], one["entity_name"]) for one in entries} == {("user", person.email)}
    assert entries[2]["metadata"] == {"enabled": "false", "groups": "one, two"}
    everything = answer.text + admin.get(AUDIT, params=ALWAYS).text + running.log()
    assert not [one for one in (person.password, temporary, ADMIN_PASSWORD) if one in everything]


def test_a_place_where_people_live_is_not_theirs_to_see(people: People, organisation: Organisation) -> None:
    """Living somewhere gives nothing there."""
    session = people.settle(people.new(scopeId=organisation["a1"].id))
    assert session.client.get(USERS).status_code == 403
    assert session.client.get(OWN_RULES).json()["accessRules"]["totalRecords"] == 0
    scopes: Place = organisation["a1"]
    assert session.client.get(f"/api/v1/org-unit/departments/{scopes.id}").status_code == 404
