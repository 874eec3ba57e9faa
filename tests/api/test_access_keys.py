"""Access keys: a person's own, what their tokens may and when they die, their administration, their older name."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final

import httpx
import pytest

from keystead.access_keys.model import MAX_KEYS, is_client_id
from keystead.kit.secret import CLIENT_SECRET_PREFIX, Secret, is_well_formed
from tests.api.conftest import MakeAccount, Organisation, Place
from tests.api.engines import inside
from tests.api.holders import (
    ACCOUNTS,
    ALWAYS,
    AUDIT,
    DEPARTMENT_ADMINISTRATOR,
    DEPARTMENTS,
    OWN_RULES,
    PROJECTS,
    ROLES,
    RULES,
    USERS,
    VIEWER,
    Holders,
    at,
    each,
    fresh,
    wish,
)
from tests.api.people import PASSWORD, TOKEN, People, Person, Session
from tests.browsers import CONFIRM, FACTOR, PROOF, SESSION, signed_in, signed_in_inside
from tests.inside import Inside
from tests.serving import bearing

__all__ = ["inside"]
KEYS: Final = "/api/v1/access-keys"
ALL: Final = "/api/v1/administration/access-keys"
OLDER: Final = "/api/v1/user-applications"
ALL_OLDER: Final = "/api/v1/administration/user-applications"
REFUSED: Final = "The client ID or the secret is wrong, or the account is disabled."
NO_KEY: Final = {"code": 404, "message": "Access key not found."}
ADMINISTRATOR: Final = 1


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


def made(client: httpx.Client, **more: Any) -> dict[str, Any]:
    """A new key's answer."""
    answer = client.post(KEYS, json={"name": fresh("key")} | more)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def asked(server: str, key: dict[str, Any]) -> httpx.Response:
    """For a token, with a key's secret."""
    form = {
        "grant_type": "client_credentials",
        "client_id": key["clientId"],
        "client_secret": key["clientSecret"],
    }
    return httpx.post(f"{server}{TOKEN}", data=form)


class Keyed:
    """A person with a key, and a program that holds a token of it."""

    def __init__(self, server: str, person: Person, session: Session, stack: ExitStack, **more: Any) -> None:
        self.server, self.person, self.session = server, person, session
        self.key = made(session.client, **more)
        answer = asked(server, self.key)
        assert answer.status_code == 200, answer.text
        self.program = stack.enter_context(bearing(server, answer.json()["access_token"]))

    @property
    def path(self) -> str:
        return f"{KEYS}/{self.key['id']}"

    def works(self) -> tuple[bool, bool]:
        """Whether the token that it has is good, and whether the key earns another."""
        return self.program.get(OWN_RULES).status_code == 200, asked(self.server, self.key).status_code == 200


@pytest.fixture
def keyed(server: str, people: People, stack: ExitStack) -> Any:
    """`keyed(rules=[…], **limits)`: a settled person with these rules and a key."""

    def make(rules: Any = ((VIEWER, "1", "tenant"),), home: Place | None = None, **limits: Any) -> Keyed:
        person = people.new(rules=rules, **(at(home) if home else {}))
        return Keyed(server, person, people.settle(person), stack, **limits)

    return make


# One's own


def test_a_key_s_life(server: str, keyed: Any) -> None:
    one: Keyed = keyed()
    client, key = one.session.client, one.key
    assert is_client_id(key["clientId"])
    assert is_well_formed(Secret(key["clientSecret"]), CLIENT_SECRET_PREFIX)
    (listed,) = client.get(KEYS).json()["accessKeys"]
    assert listed == client.get(one.path).json()
    assert listed.pop("lastLogin") >= key["createdAt"]
    assert listed == {
        "id": key["id"],
        "name": key["name"],
        "clientId": key["clientId"],
        "createdAt": key["createdAt"],
        "permissions": None,
        "scopeId": None,
        "scopeType": None,
        "scopeName": None,
    }
    assert one.works() == (True, True)

    answer = client.post(f"{one.path}/secret")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert one.works() == (False, False)
    kept = client.get(one.path).json()["lastLogin"]
    assert kept is not None
    key |= answer.json()
    assert asked(server, key).status_code == 200
    assert client.get(one.path).json()["lastLogin"] >= kept

    assert client.delete(one.path).status_code == 204
    assert asked(server, key).json() == {"error": "invalid_client", "error_description": REFUSED}
    assert client.get(KEYS).json() == {"accessKeys": []}
    assert client.get(one.path).json() == NO_KEY
    assert client.post(f"{one.path}/secret").json() == NO_KEY
    assert client.delete(one.path).json() == NO_KEY


def test_a_new_key_was_never_used(people: People) -> None:
    session = people.settle(people.new())
    key = made(session.client)
    assert session.client.get(f"{KEYS}/{key['id']}").json()["lastLogin"] is None


def test_tokens_are_the_person_s_whatever_form_asks_for_them(server: str, keyed: Any) -> None:
    one: Keyed = keyed()
    client_id, secret = one.key["clientId"], one.key["clientSecret"]
    grant = {"grant_type": "client_credentials"}
    form = {**grant, "client_id": client_id, "client_secret": secret}
    forms: list[tuple[str, dict[str, Any]]] = [
        ("/api/v1/token", {"json": {"grantType": "app_token", "AppId": client_id, "AppSecret": secret}}),
        (
            "/api/v1/token",
            {"json": {"grantType": "client_credentials", "clientId": client_id, "clientSecret": secret}},
        ),
        ("/v1/k8s/auth/oauth/apptoken", {"json": {"name": client_id, "secret": secret}}),
        ("/auth/realms/runai/protocol/openid-connect/token", {"data": form}),
        (TOKEN, {"data": grant, "auth": (client_id, secret)}),
    ]
    answers = [httpx.post(f"{server}{path}", **sent) for path, sent in forms]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        with bearing(server, body.get("accessToken") or body["access_token"]) as program:
            session = program.get(SESSION).json()
            assert session["person"] == {"id": one.person.id, "email": one.person.email}
            assert program.get(OWN_RULES).json() == one.session.client.get(OWN_RULES).json()


def test_claims_name_the_person_and_the_key(server: str, keyed: Any) -> None:
    one: Keyed = keyed()
    wanted = {"name": one.key["clientId"], "secret": one.key["clientSecret"]}
    claims = httpx.post(f"{server}/v1/k8s/auth/oauth/apptoken", json=wanted).json()
    access, identity = (_payload(claims[name]) for name in ("access_token", "id_token"))
    assert (access["sub"], access["client_id"], access["subject_type"]) == (
        one.person.id,
        one.key["clientId"],
        "user",
    )
    assert (identity["sub"], identity["aud"], identity["email"]) == (
        one.person.id,
        one.key["clientId"],
        one.person.email,
    )


def _payload(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


@pytest.mark.parametrize("name", ["a", "Laptop", "-a", "1a", "a-", "a b", "ä1", "a" * 256, ""])
def test_names_are_as_the_contract_has_them(admin: httpx.Client, name: str) -> None:
    answer = admin.post(KEYS, json={"name": name})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("name: ")


def test_a_person_has_one_key_of_a_name_and_twenty_at_most(people: People) -> None:
    first, second = (people.settle(people.new()).client for _ in range(2))
    for number in range(MAX_KEYS):
        assert first.post(KEYS, json={"name": f"key-{number}"}).status_code == 201
    taken = first.post(KEYS, json={"name": "key-0"})
    assert (taken.status_code, taken.json()["message"]) == (
        409,
        "An access key of yours named key-0 already exists.",
    )
    full = first.post(KEYS, json={"name": "one-more"})
    assert (full.status_code, full.json()["message"]) == (
        409,
        "You have 20 access keys, the most there can be: delete one first.",
    )
    assert second.post(KEYS, json={"name": "key-0"}).status_code == 201


def test_accounts_have_none(make_account: MakeAccount, keyed: Any) -> None:
    one: Keyed = keyed()
    with make_account(rules=[(ADMINISTRATOR, "1", "tenant")]) as account:
        answers = [
            account.get(KEYS),
            account.post(KEYS, json={"name": "mine"}),
            account.get(one.path),
            account.delete(one.path),
            account.post(f"{one.path}/secret"),
        ]
    for answer in answers:
        assert answer.status_code == 403
        assert answer.json()["message"].startswith("Only people have access keys")


def test_somebody_else_s_key_is_as_unknown_as_none(admin: httpx.Client, keyed: Any) -> None:
    one: Keyed = keyed()
    paths = [one.path, f"{KEYS}/9f55255e-11ed-47c7-acef-fc4054768dbc", f"{KEYS}/nonsense"]
    for ask in (
        admin.get,
        admin.delete,
        lambda path: admin.post(f"{path}/secret"),
    ):
        assert each(paths, ask) == {(404, '{"code":404,"message":"Access key not found."}')}
    assert one.works() == (True, True)


def test_a_browser_makes_keys_only_with_a_fresh_proof_of_the_password(server: str, people: People) -> None:
    person = people.new()
    people.settle(person)
    with signed_in(server, person.email, person.password) as client:
        key = made(client)
        assert client.post(f"{KEYS}/{key['id']}/secret").status_code == 200


async def test_an_old_proof_makes_no_key(inside: Inside) -> None:
    client = await signed_in_inside(inside)
    key = (await client.post(KEYS, json={"name": "laptop"})).json()
    inside.clock.pass_seconds(15 * 60 + 1)
    for path, body in ((KEYS, {"name": "other"}), (f"{KEYS}/{key['id']}/secret", {}), (OLDER, {"name": "other"}),
                       (f"{OLDER}/{key['id']}/secret", {})):  # fmt: skip
        answer = await client.post(path, json=body)
        assert answer.status_code == 401
        assert answer.json()["details"] == "insufficient_user_authentication"
    assert (await client.get(KEYS)).status_code == 200
    assert (await client.delete(f"{KEYS}/{key['id']}")).status_code == 204


# When keys and their tokens die


def test_tokens_lose_what_the_person_loses_at_once(admin: httpx.Client, keyed: Any) -> None:
    one: Keyed = keyed(rules=[(ADMINISTRATOR, "1", "tenant")])
    assert one.program.get(ACCOUNTS).status_code == 200
    (rule,) = one.program.get(OWN_RULES).json()["accessRules"]["accessRules"]
    assert admin.delete(f"{RULES}/{rule['id']}").status_code == 204
    assert one.program.get(ACCOUNTS).status_code == 403
    assert one.works() == (True, True)


def test_a_disabled_person_s_keys_are_good_for_nothing_until_they_are_enabled(
    admin: httpx.Client, keyed: Any
) -> None:
    one: Keyed = keyed()
    assert admin.patch(one.person.path, json={"enabled": False}).status_code == 200
    assert one.works() == (False, False)
    assert asked(one.server, one.key).json()["error_description"] == REFUSED
    assert admin.patch(one.person.path, json={"enabled": True}).status_code == 200
    assert one.works() == (False, True)


def test_keys_go_with_their_person(admin: httpx.Client, keyed: Any) -> None:
    one: Keyed = keyed()
    assert admin.delete(one.person.path).status_code == 204
    assert one.works() == (False, False)
    listed = admin.get(ALL, params={"clientId": one.key["clientId"]})
    assert listed.json() == {"accessKeys": []}
    # Somebody new of the old e-mail inherits no key.
    assert admin.post(USERS, json={"email": one.person.email}).status_code == 201
    assert one.works() == (False, False)


def test_a_log_out_ends_tokens_and_no_key(admin: httpx.Client, keyed: Any) -> None:
    one: Keyed = keyed()
    assert admin.post(f"{one.person.path}/logout").status_code == 200
    assert one.works() == (False, True)


def test_a_reset_suspends_keys_until_the_person_has_chosen_a_password(
    admin: httpx.Client, people: People, keyed: Any
) -> None:
    one: Keyed = keyed()
    answer = admin.post(f"{one.person.path}/password")
    assert answer.status_code == 200
    assert one.works() == (False, False)
    one.person.password = answer.json()["tempPassword"]
    people.settle(one.person)
    assert one.works() == (False, True)


def test_changing_the_password_leaves_keys_alone(keyed: Any) -> None:
    one: Keyed = keyed()
    body = {"currentPassword": one.person.password, "newPassword": f"{one.person.password} now"}
    assert one.session.client.post(PASSWORD, json=body).status_code == 200
    assert one.works() == (True, True)


def test_regenerating_one_key_leaves_the_others(server: str, keyed: Any) -> None:
    one: Keyed = keyed()
    other = made(one.session.client)
    assert one.session.client.post(f"{KEYS}/{other['id']}/secret").status_code == 200
    assert one.works() == (True, True)
    assert asked(server, other).status_code == 401


# Access law 10


def refused_by_law_10(answer: httpx.Response) -> bool:
    message = "An access key can neither make credentials nor change how its person signs in."
    return answer.status_code == 403 and answer.json()["message"] == message


def test_law_10_a_token_of_a_key_makes_no_credentials(admin: httpx.Client, keyed: Any) -> None:
    one: Keyed = keyed(rules=[(ADMINISTRATOR, "1", "tenant")])
    account = admin.post(ACCOUNTS, json={"name": fresh("account")}).json()
    secrets = f"{ACCOUNTS}/{account['id']}"
    somebody = admin.post(USERS, json={"email": f"{fresh('somebody')}@example.org"}).json()
    asks: list[tuple[str, str, Any]] = [
        ("POST", ACCOUNTS, {"name": fresh("account")}),
        ("POST", f"{secrets}/secret", None),
        ("POST", f"{secrets}/secrets", {}),
        ("POST", USERS, {"email": "new@example.org"}),
        ("POST", f"{USERS}/{somebody['id']}/password", None),
        ("DELETE", f"{USERS}/{somebody['id']}/second-factor", None),
        ("POST", KEYS, {"name": fresh("key")}),
        ("POST", f"{one.path}/secret", None),
        ("POST", OLDER, {"name": fresh("key")}),
        ("POST", f"{OLDER}/{one.key['id']}/secret", None),
    ]
    for method, path, body in asks:
        assert refused_by_law_10(one.program.request(method, path, json=body)), (method, path)
    assert one.session.client.post(ACCOUNTS, json={"name": fresh("account")}).status_code == 201


def test_law_10_a_token_of_a_key_changes_no_password_factor_or_session(keyed: Any) -> None:
    one: Keyed = keyed()
    body = {"currentPassword": one.person.password, "newPassword": "another of their own"}
    asks: list[tuple[str, str, Any]] = [
        ("POST", PASSWORD, body),
        ("GET", FACTOR, None),
        ("POST", FACTOR, None),
        ("POST", CONFIRM, {"code": "000000"}),
        ("DELETE", FACTOR, None),
        ("POST", PROOF, {"password": one.person.password}),
        ("DELETE", SESSION, None),
    ]
    for method, path, sent in asks:
        assert refused_by_law_10(one.program.request(method, path, json=sent)), (method, path)
    assert one.works() == (True, True)
    assert one.session.is_alive()


def test_law_10_every_route_that_makes_a_secret_says_so(server: str) -> None:
    """Whatever answers with a secret is among those that refuse keys."""
    document = httpx.get(f"{server}/api/openapi.json").json()
    told = "An access key is refused."
    schemas = document["components"]["schemas"]
    names = {"clientSecret", "secret", "tempPassword", "recoveryCodes"}
    without = {"get_cluster_install_info_by_uuid"}  # has a field of the name, which holds none
    telling = []
    for item in document["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                for content in answer.get("content", {}).values():
                    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
                    if status < "300" and names & schemas.get(name, {}).get("properties", {}).keys():
                        telling.append(operation)
    telling = [one for one in telling if one["operationId"] not in without]
    assert len(telling) >= 9
    assert [one["operationId"] for one in telling if told not in one["description"]] == []


def test_law_10_a_key_may_be_ended_by_its_own_token(keyed: Any) -> None:
    """Whoever finds that a key leaked ends it with nothing else at hand."""
    one: Keyed = keyed()
    assert one.program.delete(one.path).status_code == 204
    assert one.works() == (False, False)


def test_law_10_a_key_may_carry_less_than_its_person(
    organisation: Organisation, keyed: Any, admin: httpx.Client
) -> None:
    one: Keyed = keyed(
        rules=[(ADMINISTRATOR, "1", "tenant")],
        permissions=[
            {"resourceType": "project", "actions": ["read", "update"]},
            {"resourceType": "department", "actions": ["read"]},
        ],
        **at(organisation["a1"]),
    )
    program = one.program
    seen = {unit["id"] for unit in program.get(PROJECTS).json()["projects"]}
    assert seen == {organisation["a1x"].id, organisation["a1y"].id}
    assert [unit["id"] for unit in program.get(DEPARTMENTS).json()["departments"]] == [organisation["a1"].id]
    assert program.get(ACCOUNTS).status_code == 403
    assert program.get(f"{PROJECTS}/{organisation['a2x'].id}").status_code == 404
    project = f"{PROJECTS}/{organisation['a1x'].id}"
    renamed = {"resources": [], "description": "by a key"}
    assert program.put(project, json=renamed).status_code == 200
    assert program.delete(project).status_code == 403
    # Inside a change too: neither a rule nor a role can be made of what the key does not carry.
    assert (
        program.post(RULES, json=wish(one.person.email, VIEWER, organisation["a1"], "user")).status_code
        == 403
    )
    assert (
        program.post(ROLES, json={"name": fresh("role"), "description": "", "permissions": []}).status_code
        == 403
    )
    shown = one.session.client.get(one.path).json()
    assert shown["permissions"] == [
        {"resourceType": "department", "actions": ["read"]},
        {"resourceType": "project", "actions": ["read", "update"]},
    ]
    assert Place(shown["scopeId"], shown["scopeType"]) == organisation["a1"]
    assert shown["scopeName"] == "department-a1"
    assert {held["scopeId"] for held in program.get(SESSION).json()["permissions"]} == {organisation["a1"].id}


def test_law_10_a_key_never_carries_more_than_its_person(
    holders: Holders, organisation: Organisation, keyed: Any
) -> None:
    role = holders.role("r service-account, crud project")
    account = holders.account(home=organisation["a1"])
    everything = [{"resourceType": "service-account", "actions": ["create", "read", "update", "delete"]}]
    one: Keyed = keyed(rules=[(role, *organisation["a1"])], permissions=everything)
    assert one.program.get(account.path).status_code == 200
    assert one.program.patch(account.path, json={"enabled": False}).status_code == 403
    assert one.program.get(PROJECTS).status_code == 403
    (held,) = one.program.get(SESSION).json()["permissions"]
    assert (held["scopeId"], held["permissions"]) == (organisation["a1"].id, {"service-account": ["read"]})


def test_law_10_a_limit_survives_regeneration(server: str, organisation: Organisation, keyed: Any) -> None:
    one: Keyed = keyed(
        rules=[(ADMINISTRATOR, "1", "tenant")], permissions=[{"resourceType": "project", "actions": ["read"]}]
    )
    answer = one.session.client.post(f"{one.path}/secret")
    token = asked(server, one.key | answer.json()).json()["access_token"]
    with bearing(server, token) as program:
        assert program.get(PROJECTS).status_code == 200
        assert program.get(ACCOUNTS).status_code == 403


def test_law_10_inside_a_change_a_key_s_limit_holds_too(organisation: Organisation, keyed: Any) -> None:
    """Two departments, one of which the key leaves out: what the list shows, and what a change finds, agree."""
    rules = [(DEPARTMENT_ADMINISTRATOR, *organisation[name]) for name in ("a1", "a2")]
    one: Keyed = keyed(rules=rules, **at(organisation["a2"]))
    for name, status in (("a1x", 404), ("a2x", 200)):
        answer = one.program.put(
            f"{PROJECTS}/{organisation[name].id}", json={"resources": [], "description": "changed"}
        )
        assert answer.status_code == status, answer.text


def test_a_key_whose_place_is_gone_may_nothing(admin: httpx.Client, keyed: Any) -> None:
    cluster = admin.post("/api/v1/clusters", json={"name": fresh("cluster")}).json()["uuid"]
    one: Keyed = keyed(rules=[(ADMINISTRATOR, "1", "tenant")], scopeId=cluster)
    assert one.program.get("/api/v1/clusters").json()
    assert admin.delete(f"/api/v1/clusters/{cluster}").status_code == 202
    assert one.program.get("/api/v1/clusters").json() == []
    shown = one.session.client.get(one.path).json()
    assert (shown["scopeId"], shown["scopeType"], shown["scopeName"]) == (cluster, None, None)


@pytest.mark.parametrize(
    ("limits", "status", "message"),
    [
        ({"permissions": []}, 400, "permissions: must name at least one"),
        ({"permissions": [{"resourceType": "nothing", "actions": []}]}, 400, "permissions[0].resourceType: "),
        ({"permissions": [{"resourceType": "project", "actions": ["own"]}]}, 400, "permissions[0].actions: "),
        ({"scopeType": "department"}, 400, "scopeId: is required"),
        ({"scopeId": "1", "scopeType": "department"}, 400, "scopeType: is tenant"),
        ({"scopeId": "9f55255e-11ed-47c7-acef-fc4054768dbc"}, 404, "scopeId: "),
    ],
)
def test_limits_that_mean_nothing_are_refused(
    admin: httpx.Client, limits: dict[str, Any], status: int, message: str
) -> None:
    answer = admin.post(KEYS, json={"name": fresh("key")} | limits)
    assert answer.status_code == status
    assert answer.json()["message"].startswith(message)


def test_a_scope_that_the_person_cannot_see_is_unknown(organisation: Organisation, keyed: Any) -> None:
    one: Keyed = keyed(rules=[(VIEWER, *organisation["a1"])])
    answers = each(
        [organisation["b1"].id, "9f55255e-11ed-47c7-acef-fc4054768dbc"],
        lambda scope: one.session.client.post(KEYS, json={"name": fresh("key"), "scopeId": scope}),
    )
    assert {status for status, _ in answers} == {404}
    assert len(answers) == 1


# What is written about them


def entries(client: httpx.Client, **wanted: str) -> list[dict[str, Any]]:
    answer = client.get(AUDIT, params=ALWAYS | {"sortOrder": "asc"})
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["logs"] if wanted.items() <= one.items()]


def test_the_audit_log_has_each_change_and_each_sign_in(server: str, admin: httpx.Client, keyed: Any) -> None:
    one: Keyed = keyed(rules=[(ADMINISTRATOR, "1", "tenant")])
    key = one.key
    assert one.session.client.post(f"{one.path}/secret").status_code == 200
    assert asked(server, key).status_code == 401
    assert admin.delete(f"{ALL}/{key['id']}").status_code == 204
    about = entries(admin, entity_id=key["id"])
    assert [(entry["action"], entry["entity_type"], entry["entity_name"]) for entry in about] == [
        ("create", "access-key", key["name"]),
        ("update", "access-key", key["name"]),
        ("delete", "access-key", key["name"]),
    ]
    for entry in about:
        assert entry["metadata"]["clientId"] == key["clientId"]
        assert entry["metadata"]["person"] == one.person.email
        assert key["clientSecret"] not in str(entry)
    sign_ins = entries(admin, entity_id=one.person.id, action="sign-in")
    by_key = [one for one in sign_ins if "credentialId" in one["metadata"] or one["result"] == "Failed"]
    assert [(entry["result"], entry["subject"], entry["subject_type"]) for entry in by_key] == [
        ("Succeeded", one.person.email, "User"),
        ("Failed", one.person.email, "User"),
    ]
    assert by_key[0]["metadata"]["credentialId"] == about[0]["metadata"]["credentialId"]


def test_the_log_says_by_which_key_a_person_s_program_changed_something(
    admin: httpx.Client, organisation: Organisation, keyed: Any
) -> None:
    one: Keyed = keyed(rules=[(ADMINISTRATOR, "1", "tenant")])
    project = organisation["b2y"].id
    body = {"resources": [], "description": fresh("told")}
    assert one.program.put(f"{PROJECTS}/{project}", json=body).status_code == 200
    *_, entry = entries(admin, entity_id=project)
    assert entry["subject"] == one.person.email
    assert entry["metadata"]["accessKey"] == one.key["clientId"]
    assert one.session.client.put(f"{PROJECTS}/{project}", json=body).status_code == 200
    assert "accessKey" not in entries(admin, entity_id=project)[-1]["metadata"]


def test_a_person_s_last_login_is_theirs_and_not_their_keys(admin: httpx.Client, keyed: Any) -> None:
    one: Keyed = keyed()
    before = admin.get(one.person.path).json()["lastLogin"]
    assert one.works() == (True, True)
    assert admin.get(one.person.path).json()["lastLogin"] == before


# Administration


def test_administrators_see_the_keys_of_those_who_live_where_they_may(
    admin: httpx.Client, holders: Holders, organisation: Organisation, keyed: Any
) -> None:
    here, there = keyed(home=organisation["a1"]), keyed(home=organisation["b1"])
    reader = holders.caller("r access-keys", organisation["a1"])
    warden = holders.caller("rd access-keys", organisation["a1"])
    ids = {one["id"] for one in reader.get(ALL).json()["accessKeys"]}
    assert here.key["id"] in ids
    assert there.key["id"] not in ids
    everything = admin.get(ALL)
    assert {here.key["id"], there.key["id"]} <= {one["id"] for one in everything.json()["accessKeys"]}
    assert int(everything.headers["x-total-count"]) == len(everything.json()["accessKeys"])
    assert int(reader.get(ALL).headers["x-total-count"]) == len(ids)
    (shown,) = reader.get(ALL, params={"clientId": here.key["clientId"]}).json()["accessKeys"]
    assert (shown["createdBy"], shown["permittedActions"]) == (here.person.email, [])
    (shown,) = warden.get(ALL, params={"clientId": here.key["clientId"]}).json()["accessKeys"]
    assert shown["permittedActions"] == ["delete"]

    out_of_sight = [
        f"{ALL}/{there.key['id']}",
        f"{ALL}/9f55255e-11ed-47c7-acef-fc4054768dbc",
        f"{ALL}/nonsense",
    ]
    assert each(out_of_sight, warden.delete) == {(404, '{"code":404,"message":"Access key not found."}')}
    assert reader.delete(f"{ALL}/{here.key['id']}").status_code == 403
    assert warden.delete(f"{ALL}/{here.key['id']}").status_code == 204
    assert (here.works(), there.works()) == ((False, False), (True, True))


def test_without_the_permission_nobody_s_keys_are_seen(holders: Holders, organisation: Organisation) -> None:
    nobody = holders.caller("crud users", organisation["a1"])
    assert nobody.get(ALL).status_code == 403
    assert nobody.get(ALL_OLDER).status_code == 403


def test_the_administration_s_list_is_filtered_sorted_searched_and_paged(
    admin: httpx.Client, people: People
) -> None:
    person = people.new()
    client = people.settle(person).client
    names = ["beta", "alpha", "gamma"]
    keys = {name: client.post(KEYS, json={"name": name}).json() for name in names}

    def listed(**asked: Any) -> list[str]:
        answer = admin.get(ALL, params={"createdBy": person.email.upper()} | asked)
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["accessKeys"]]

    assert listed() == names
    assert listed(sortBy="name") == ["alpha", "beta", "gamma"]
    assert listed(sortBy="name", sortOrder="desc", limit=2) == ["gamma", "beta"]
    assert listed(sortBy="lastLogin", offset=1, limit=1) in [["beta"], ["alpha"], ["gamma"]]
    assert listed(filterBy="name=@a,name!=beta") == ["alpha", "gamma"]
    assert sorted(listed(filterBy="lastLogin==never")) == sorted(names)
    assert listed(filterBy=f"clientId=={keys['beta']['clientId']}") == ["beta"]
    assert listed(clientId=keys["gamma"]["clientId"]) == ["gamma"]
    assert listed(search="lph") == ["alpha"]
    assert sorted(listed(search=person.email[:-4])) == sorted(names)
    assert listed(clientId="access-key-none") == []
    assert admin.get(ALL, params={"createdBy": "nobody@example.org"}).json() == {"accessKeys": []}
    assert admin.get(ALL, params={"filterBy": "createdAt>=yesterday"}).status_code == 400


# The older name


def test_user_applications_are_the_same_keys(server: str, admin: httpx.Client, people: People) -> None:
    person = people.new()
    client = people.settle(person).client
    answer = client.post(OLDER, json={"name": "older"})
    assert answer.status_code == 201
    app = answer.json()
    assert set(app) == {"id", "clientId", "name", "secret", "createdAt"}
    assert asked(server, {"clientId": app["clientId"], "clientSecret": app["secret"]}).status_code == 200
    (listed,) = client.get(OLDER).json()
    assert listed == client.get(f"{OLDER}/{app['id']}").json()
    assert set(listed) == {"id", "clientId", "name", "createdAt", "lastLogin"}
    assert [one["id"] for one in client.get(KEYS).json()["accessKeys"]] == [app["id"]]
    assert client.post(OLDER, json={"name": "older"}).status_code == 409
    regenerated = client.post(f"{OLDER}/{app['id']}/secret").json()
    assert set(regenerated) == {"clientSecret"}
    assert asked(server, app | regenerated).status_code == 200
    (administered,) = admin.get(ALL_OLDER, params={"createdBy": person.email}).json()
    assert administered == client.get(f"{OLDER}/{app['id']}").json() | {"createdBy": person.email}
    assert admin.get(ALL_OLDER, params={"clientId": "none"}).json() == []
    assert client.delete(f"{OLDER}/{app['id']}").status_code == 204
    other = client.post(OLDER, json={"name": "other"}).json()
    assert admin.delete(f"{ALL_OLDER}/{other['id']}").status_code == 204
    assert client.get(OLDER).json() == []
    assert client.get(f"{OLDER}/{other['id']}").json() == NO_KEY


# On each engine


async def test_on_each_engine_a_key_lives_and_dies(inside: Inside) -> None:
    admin = await inside.admin()
    key = (await admin.post(KEYS, json={"name": "laptop"})).json()
    form = {
        "grant_type": "client_credentials",
        "client_id": key["clientId"],
        "client_secret": key["clientSecret"],
    }
    token = (await inside.anonymous.post(TOKEN, data=form)).json()["access_token"]
    program = inside.bearing(token)
    listed = (await program.get(ALL, params={"sortBy": "lastLogin", "filterBy": "createdBy=@admin"})).json()
    assert [one["clientId"] for one in listed["accessKeys"]] == [key["clientId"]]
    assert (await program.get(ALL, params={"filterBy": "lastLogin==never"})).json() == {"accessKeys": []}
    assert (await program.post(KEYS, json={"name": "other"})).status_code == 403
    new = (await admin.post(f"{KEYS}/{key['id']}/secret")).json()["clientSecret"]
    assert (await program.get(ALL)).status_code == 401
    assert (await inside.anonymous.post(TOKEN, data=form)).status_code == 401
    assert (await inside.anonymous.post(TOKEN, data=form | {"client_secret": new})).status_code == 200
    limits = {"permissions": [{"resourceType": "project", "actions": ["read"]}], "scopeId": "1"}
    limited = await admin.post(KEYS, json={"name": "less", **limits})
    less = form | {"client_id": limited.json()["clientId"], "client_secret": limited.json()["clientSecret"]}
    program = inside.bearing((await inside.anonymous.post(TOKEN, data=less)).json()["access_token"])
    assert (await program.get(PROJECTS)).status_code == 200
    assert (await program.get(ACCOUNTS)).status_code == 403
    assert (await admin.delete(f"{KEYS}/{key['id']}")).status_code == 204
    assert (await inside.anonymous.post(TOKEN, data=form | {"client_secret": new})).status_code == 401


async def test_law_14_a_key_s_secret_costs_one_read_whatever_it_is(inside: Inside) -> None:
    admin = await inside.admin()
    key = (await admin.post(KEYS, json={"name": "laptop"})).json()
    other = (await admin.post(KEYS, json={"name": "other"})).json()
    reads, answers = set(), set()
    for client_id, secret in (
        (f"access-key-{'0' * 32}", key["clientSecret"]),  # unknown
        (key["clientId"], other["clientSecret"]),  # wrong
        (key["clientId"], key["clientSecret"][:-1] + "!"),  # malformed: no read at all
    ):
        inside.database.reads.clear()
        answer = await inside.anonymous.post(
            TOKEN,
            data={"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret},
        )
        answers.add((answer.status_code, answer.text))
        reads.add(sum("access_key" in str(read.statement._statement) for read in inside.database.reads))  # type: ignore[union-attr]
    assert answers == {(401, f'{{"error":"invalid_client","error_description":"{REFUSED}"}}')}
    assert reads == {0, 1}
