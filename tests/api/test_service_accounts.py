"""Service accounts over HTTP: made, read, changed, deleted; their secrets; their list as rows and as a file."""

import csv
import io
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from runai.models.service_account import ServiceAccount

from tests.api.conftest import MakeAccount, Organisation, give
from tests.serving import ADMIN_EMAIL, bearing, token_for

PATH = "/api/v1/service-accounts"
TOKEN = "/api/v2/token"
ME = "/api/v1/authorization/me/access-rules"
VIEWER, L1_RESEARCHER, DEPARTMENT_ADMINISTRATOR = 7, 5, 1710
NOT_FOUND = {"code": 404, "message": "Service account not found."}
NUMBERS = itertools.count(1)


@dataclass
class Made:
    id: str
    name: str
    secret: str

    @property
    def path(self) -> str:
        return f"{PATH}/{self.id}"


Make = Callable[..., Made]


@pytest.fixture
def make(admin: httpx.Client) -> Make:
    def created(name: str | None = None, **more: object) -> Made:
        name = name or f"account-{next(NUMBERS)}"
        answer = admin.post(PATH, json={"name": name, **more})
        assert answer.status_code == 201, answer.text
        return Made(answer.json()["id"], name, answer.json()["clientSecret"])

    return created


@pytest.fixture
def account(make: Make) -> Made:
    return make()


def earns(anonymous: httpx.Client, account: Made, secret: str | None = None) -> bool:
    form = {
        "grant_type": "client_credentials",
        "client_id": account.name,
        "client_secret": secret or account.secret,
    }
    answer = anonymous.post(TOKEN, data=form)
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def works(server: str, token: str) -> bool:
    with bearing(server, token) as client:
        return client.get(ME).status_code == 200


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def in_an_hour() -> str:
    return (datetime.now(UTC) + timedelta(hours=1)).isoformat()


def message(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.json()["code"] == status
    return str(answer.json()["message"])


# Making one


def test_a_new_account_answers_its_secret_once_and_to_nobody_on_the_way(admin: httpx.Client) -> None:
    answer = admin.post(PATH, json={"name": "ci-pipeline-prod"})
    assert answer.status_code == 201
    assert answer.json().keys() == {"id", "name", "clientId", "clientSecret"}
    assert answer.json()["clientId"] == answer.json()["name"] == "ci-pipeline-prod"
    assert str(UUID(answer.json()["id"])) == answer.json()["id"]
    assert answer.headers["cache-control"] == "no-store"
    shown = admin.get(f"{PATH}/{answer.json()['id']}").text + admin.get(PATH).text
    assert answer.json()["clientSecret"] not in shown
    assert "clientSecret" not in shown
    assert "ksk_" not in shown


@pytest.mark.parametrize("name", ["ab", "a1", "a-b_c-9", "a--b", "x" * 255])
def test_names_of_the_contracts_form_are_taken(make: Make, name: str) -> None:
    assert make(name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "x" * 256,
        "Ab",
        "1a",
        "-ab",
        "ab-",
        "ab_",
        "a b",
        "a.b",
        "añb",
        "ab\n",
        "a/b",
        "access-key-" + "0" * 32,
    ],
)
def test_other_names_are_refused_with_what_would_be_right(admin: httpx.Client, name: str) -> None:
    said = message(admin.post(PATH, json={"name": name}))
    assert said.startswith("name: ")
    assert "must" in said or "choose another" in said


def test_a_taken_name_is_a_conflict_that_scripts_recognise(admin: httpx.Client, account: Made) -> None:
    assert "already exists" in message(admin.post(PATH, json={"name": account.name}), 409)


def test_what_was_given_is_read_back(admin: httpx.Client, make: Make, organisation: Organisation) -> None:
    place = organisation["a1x"]
    labels = {"team": "Zoë’s", "app.kubernetes.io/name": "=1+1", "empty": ""}
    made = make(description="Builds\nand ships 🚀", labels=labels, scopeId=place.id, scopeType="Project")
    answer = admin.get(made.path)
    found = answer.json()
    created = moment(found.pop("createdAt"))
    assert abs((datetime.now(UTC) - created).total_seconds()) < 60
    assert moment(found.pop("updatedAt")) == created == moment(found.pop("secretCreatedAt"))
    assert found == {
        "id": made.id,
        "name": made.name,
        "clientId": made.name,
        "enabled": True,
        "createdBy": ADMIN_EMAIL,
        "lastLogin": None,
        "tenantId": "1",
        "description": "Builds\nand ships 🚀",
        "labels": labels,
        "scopeId": place.id,
        "scopeType": "project",
        "scopeName": "project-a1x",
        "accessRules": [],
        "accessRuleCount": 0,
        "secretExpiresAt": None,
        "secretCount": 1,
        "permittedActions": ["update", "delete"],
        "audiences": [],
        "tokenLifetime": None,
    }
    ServiceAccount.from_dict(answer.json())


def test_access_law_5_the_home_is_by_default_the_highest_place_in_which_its_maker_may_create(
    admin: httpx.Client, make: Make, make_account: MakeAccount, organisation: Organisation
) -> None:
    assert admin.get(make().path).json()["scopeId"] == "1"
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]) as caller:
        made = caller.post(PATH, json={"name": f"account-{next(NUMBERS)}"}).json()
    assert admin.get(f"{PATH}/{made['id']}").json()["scopeId"] == organisation["a1"].id


def test_access_law_5_where_several_places_are_equally_high_the_answer_names_them(
    make_account: MakeAccount, organisation: Organisation
) -> None:
    places = [organisation["a1"], organisation["b2"]]
    with make_account(rules=[(DEPARTMENT_ADMINISTRATOR, *place) for place in places]) as caller:
        said = message(caller.post(PATH, json={"name": f"account-{next(NUMBERS)}"}))
    assert said.startswith("scopeId: is required")
    assert all(place.id in said for place in places)


def test_the_creator_is_named_as_the_api_names_them(
    admin: httpx.Client, make_account: MakeAccount, organisation: Organisation
) -> None:
    with make_account("maker", rules=[(DEPARTMENT_ADMINISTRATOR, *organisation["a1"])]) as caller:
        made = caller.post(PATH, json={"name": f"account-{next(NUMBERS)}"}).json()
        assert caller.get(f"{PATH}/{made['id']}").json()["createdBy"] == "maker"
    [maker] = admin.get(PATH, params={"filterBy": "name==maker"}).json()
    assert admin.delete(f"{PATH}/{maker['id']}").status_code == 204
    assert admin.get(f"{PATH}/{made['id']}").json()["createdBy"] == "maker"


# Reading and changing one


@pytest.mark.parametrize("unknown", ["00000000-0000-4000-8000-000000000000", "x", "..", "ü", "a" * 2_000])
def test_an_unknown_account_is_not_found_on_every_path(admin: httpx.Client, unknown: str) -> None:
    path = f"{PATH}/{unknown}" if unknown != ".." else f"{PATH}/%2E%2E"
    answers = [
        admin.get(path),
        admin.patch(path, json={"enabled": False}),
        admin.delete(path),
        admin.post(f"{path}/secret"),
        admin.get(f"{path}/secrets"),
        admin.post(f"{path}/secrets", json={}),
        admin.delete(f"{path}/secrets/x"),
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (404, b'{"code":404,"message":"Service account not found."}')
    }


def test_an_id_has_no_case(admin: httpx.Client, account: Made) -> None:
    assert admin.get(f"{PATH}/{account.id.upper()}").json()["id"] == account.id


def test_an_edit_changes_what_it_names_and_nothing_else(admin: httpx.Client, make: Make) -> None:
    made = make(description="before", labels={"a": "1"})
    assert admin.patch(made.path, json={"description": "after"}).status_code == 200
    assert admin.patch(made.path, json={"labels": {"b": "2"}}).status_code == 200
    assert admin.patch(made.path, json={"enabled": False, "description": None}).status_code == 200
    found = admin.get(made.path).json()
    assert (found["description"], found["labels"], found["enabled"]) == ("after", {"b": "2"}, False)
    assert admin.patch(made.path, json={"enabled": True, "description": "", "labels": {}}).status_code == 200
    found = admin.get(made.path).json()
    assert (found["description"], found["labels"], found["enabled"]) == ("", {}, True)


@pytest.mark.parametrize("body", [{}, {"enabled": None}, {"name": "renamed"}, {"unknown": 1}])
def test_an_edit_that_changes_nothing_is_refused(admin: httpx.Client, account: Made, body: object) -> None:
    assert "has nothing to change" in message(admin.patch(account.path, json=body))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"description": "x" * 1_001}, "description"),
        ({"labels": {f"k{n}": "v" for n in range(33)}}, "labels"),
        ({"labels": {"": "v"}}, "labels"),
        ({"labels": {"k" * 64: "v"}}, "labels"),
        ({"labels": {"a b": "v"}}, "labels"),
        ({"labels": {"k": "v" * 256}}, "labels.k"),
    ],
)
def test_bounds_of_descriptions_and_labels_are_told(
    admin: httpx.Client, account: Made, body: dict[str, object], field: str
) -> None:
    assert message(admin.patch(account.path, json=body)).startswith(f"{field}: ")
    name = f"account-{next(NUMBERS)}"
    assert message(admin.post(PATH, json={"name": name, **body})).startswith(f"{field}: ")


def test_updated_at_moves_with_every_change_and_never_with_a_sign_in(
    admin: httpx.Client, anonymous: httpx.Client, account: Made, organisation: Organisation
) -> None:
    def updated() -> datetime:
        return moment(admin.get(account.path).json()["updatedAt"])

    def add_secret() -> str:
        return str(admin.post(f"{account.path}/secrets", json={}).json()["id"])

    rules: list[int] = []
    changes: list[Callable[[], object]] = [
        lambda: admin.patch(account.path, json={"enabled": False}),
        lambda: admin.patch(account.path, json={"enabled": True}),
        lambda: admin.patch(account.path, json={"description": "x"}),
        lambda: admin.patch(account.path, json={"labels": {"x": "y"}}),
        lambda: rules.append(give(admin, account.name, VIEWER, *organisation["a"])),
        lambda: admin.delete(f"/api/v1/authorization/access-rules/{rules[0]}"),
        lambda: admin.delete(f"{account.path}/secrets/{add_secret()}"),
        lambda: admin.post(f"{account.path}/secret"),
    ]
    for change in changes:
        before = updated()
        time.sleep(0.002)  # answers show milliseconds
        change()
        assert updated() > before
    before = updated()
    assert not earns(anonymous, account)
    fresh = admin.post(f"{account.path}/secret").json()["clientSecret"]
    after = updated()
    assert earns(anonymous, account, fresh)
    assert updated() == after > before


def test_last_login_is_the_last_token_that_was_earned(
    admin: httpx.Client, anonymous: httpx.Client, account: Made
) -> None:
    def last_login() -> Any:
        return admin.get(account.path).json()["lastLogin"]

    assert not earns(anonymous, account, "ksk_guess")
    assert last_login() is None
    assert earns(anonymous, account)
    first = moment(last_login())
    assert abs((datetime.now(UTC) - first).total_seconds()) < 60
    admin.patch(account.path, json={"enabled": False})
    assert not earns(anonymous, account)
    assert moment(last_login()) == first
    admin.patch(account.path, json={"enabled": True})
    time.sleep(0.002)
    assert earns(anonymous, account)
    assert moment(last_login()) > first


def test_disabling_ends_tokens_for_good_and_enabling_lets_new_ones_be_earned(
    admin: httpx.Client, anonymous: httpx.Client, server: str, account: Made
) -> None:
    token = token_for(server, account.name, account.secret)
    admin.patch(account.path, json={"enabled": False})
    assert not works(server, token)
    assert not earns(anonymous, account)
    admin.patch(account.path, json={"enabled": True})
    assert not works(server, token)
    assert works(server, token_for(server, account.name, account.secret))


def test_a_deleted_account_is_gone_with_its_rules_and_its_name_inherits_nothing(
    admin: httpx.Client, anonymous: httpx.Client, server: str, make: Make, organisation: Organisation
) -> None:
    made = make("short-lived")
    rule = give(admin, made.name, L1_RESEARCHER, *organisation["a"])
    token = token_for(server, made.name, made.secret)
    answer = admin.delete(made.path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert admin.get(made.path).json() == NOT_FOUND
    assert admin.delete(made.path).json() == NOT_FOUND
    assert admin.get(f"/api/v1/authorization/access-rules/{rule}").status_code == 404
    assert not works(server, token)
    assert not earns(anonymous, made)
    again = make("short-lived")
    assert again.id != made.id
    found = admin.get(again.path).json()
    assert (found["accessRuleCount"], found["lastLogin"]) == (0, None)
    assert not works(server, token)
    assert not earns(anonymous, made)
    with bearing(server, token_for(server, again.name, again.secret)) as client:
        assert client.get(ME).json()["accessRules"]["accessRules"] == []


# Secrets


def secrets_of(admin: httpx.Client, account: Made) -> list[dict[str, Any]]:
    answer = admin.get(f"{account.path}/secrets")
    assert answer.status_code == 200
    assert answer.json().keys() == {"secrets"}
    found: list[dict[str, Any]] = answer.json()["secrets"]
    return found


def test_secrets_are_told_apart_by_name_and_tail_and_never_shown(
    admin: httpx.Client, anonymous: httpx.Client, account: Made
) -> None:
    added = admin.post(f"{account.path}/secrets", json={"name": "Blue", "expiresAt": in_an_hour()})
    assert added.status_code == 201
    assert added.json().keys() == {"id", "clientSecret"}
    assert added.headers["cache-control"] == "no-store"
    text = added.json()["clientSecret"]
    assert earns(anonymous, account, text)
    first, second = secrets_of(admin, account)
    assert (first["name"], first["tail"], first["expiresAt"]) == ("", account.secret[-4:], None)
    assert (second["id"], second["name"], second["tail"]) == (added.json()["id"], "Blue", text[-4:])
    assert second["createdBy"] == ADMIN_EMAIL
    assert moment(second["createdAt"]) <= moment(second["lastUsedAt"]) < moment(second["expiresAt"])
    assert first["lastUsedAt"] is None
    listed = admin.get(f"{account.path}/secrets").text
    assert text[:-4] not in listed
    assert account.secret[:-4] not in listed


def test_access_law_13_adding_a_secret_keeps_the_others_and_regenerating_revokes_them_all(
    admin: httpx.Client, anonymous: httpx.Client, server: str, account: Made
) -> None:
    added = admin.post(f"{account.path}/secrets", json={}).json()["clientSecret"]
    tokens = [token_for(server, account.name, secret) for secret in (account.secret, added)]
    answer = admin.post(f"{account.path}/secret")
    assert (answer.status_code, answer.json().keys()) == (200, {"clientSecret"})
    assert not any(works(server, token) for token in tokens)
    assert not earns(anonymous, account)
    assert not earns(anonymous, account, added)
    assert earns(anonymous, account, answer.json()["clientSecret"])
    assert len(secrets_of(admin, account)) == 1


def test_a_secret_is_revoked_on_its_own_with_its_tokens_alone(
    admin: httpx.Client, anonymous: httpx.Client, server: str, account: Made
) -> None:
    added = admin.post(f"{account.path}/secrets", json={}).json()
    doomed = token_for(server, account.name, added["clientSecret"])
    kept = token_for(server, account.name, account.secret)
    revoked = admin.delete(f"{account.path}/secrets/{added['id'].upper()}")
    assert (revoked.status_code, revoked.content) == (204, b"")
    assert not earns(anonymous, account, added["clientSecret"])
    assert not works(server, doomed)
    assert works(server, kept)
    assert earns(anonymous, account)
    assert message(admin.delete(f"{account.path}/secrets/{added['id']}"), 404) == "Secret not found."


def test_a_secret_is_revoked_through_its_own_account_only(
    admin: httpx.Client, anonymous: httpx.Client, account: Made, make: Make
) -> None:
    other = make()
    [secret] = secrets_of(admin, other)
    assert message(admin.delete(f"{account.path}/secrets/{secret['id']}"), 404) == "Secret not found."
    assert earns(anonymous, other)


def test_an_account_may_have_no_secret_and_at_most_five(
    admin: httpx.Client, anonymous: httpx.Client, account: Made
) -> None:
    [first] = secrets_of(admin, account)
    assert admin.delete(f"{account.path}/secrets/{first['id']}").status_code == 204
    assert secrets_of(admin, account) == []
    assert not earns(anonymous, account)
    added = [admin.post(f"{account.path}/secrets", json={}).json() for _ in range(5)]
    assert all(earns(anonymous, account, secret["clientSecret"]) for secret in added)
    assert "5 secrets" in message(admin.post(f"{account.path}/secrets", json={}), 409)
    assert [one["id"] for one in secrets_of(admin, account)] == [one["id"] for one in added]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "x" * 101}, "name"),
        ({"expiresAt": "tomorrow"}, "expiresAt"),
        ({"expiresAt": ""}, "expiresAt"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "expiresAt"),
        ({"expiresAt": "0001-01-01T00:00:00+23:59"}, "expiresAt"),
        ({"expiresAt": "10000-01-01"}, "expiresAt"),
    ],
)
def test_a_secret_that_cannot_be_is_refused_by_field(
    admin: httpx.Client, account: Made, body: dict[str, str], field: str
) -> None:
    assert message(admin.post(f"{account.path}/secrets", json=body)).startswith(f"{field}: ")
    assert len(secrets_of(admin, account)) == 1


def test_the_last_moment_of_the_calendar_can_be_an_expiry(admin: httpx.Client, account: Made) -> None:
    body = {"expiresAt": "9999-12-31T23:59:59-12:00"}
    assert admin.post(f"{account.path}/secrets", json=body).status_code == 201
    assert secrets_of(admin, account)[-1]["expiresAt"] == "9999-12-31T23:59:59.999Z"


# The list


@pytest.fixture(scope="module")
def shelf(admin: httpx.Client, organisation: Organisation) -> list[str]:
    """Three accounts with a prefix of their own, so that a search finds them alone."""
    names = ["shelf-c", "shelf-a", "shelf-b"]
    for name in names:
        assert admin.post(PATH, json={"name": name, "description": "=cmd"}).status_code == 201
    give(admin, "shelf-a", L1_RESEARCHER, *organisation["a1"])
    give(admin, "shelf-a", VIEWER, *organisation["b"])
    return names


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()]


def test_the_list_is_a_bare_array_that_the_client_reads(admin: httpx.Client, shelf: list[str]) -> None:
    answer = admin.get(PATH)
    assert [ServiceAccount.from_dict(one).client_id for one in answer.json()] == names(answer)
    assert set(shelf) <= set(names(answer))
    assert answer.headers["x-total-count"] == str(len(answer.json()))
    assert answer.headers["content-type"] == "application/json"


def test_a_page_its_total_and_its_order(admin: httpx.Client, shelf: list[str]) -> None:
    query = {"search": "shelf-", "sortBy": "name"}
    first = admin.get(PATH, params={**query, "limit": 2})
    rest = admin.get(PATH, params={**query, "limit": 2, "offset": 2})
    assert names(first) + names(rest) == sorted(shelf)
    assert {answer.headers["x-total-count"] for answer in (first, rest)} == {"3"}
    assert names(admin.get(PATH, params={"search": "shelf-"})) == shelf


def test_a_row_is_the_same_in_the_list_and_on_its_own_with_its_rules(
    admin: httpx.Client, shelf: list[str], organisation: Organisation
) -> None:
    [row] = admin.get(PATH, params={"filterBy": "name==shelf-a"}).json()
    assert admin.get(f"{PATH}/{row['id']}").json() == row
    assert [(rule["roleId"], rule["scopeId"], rule["scopeType"]) for rule in row["accessRules"]] == [
        (VIEWER, organisation["b"].id, "cluster"),
        (L1_RESEARCHER, organisation["a1"].id, "department"),
    ]
    assert row["accessRuleCount"] == 2


@pytest.mark.parametrize(
    "query",
    ["filterBy=name%3D%3Dshelf-a,enabled%3D%3Dtrue", "filterBy=name==shelf-a&filterBy=enabled==true"],
)
def test_several_filters_come_in_one_parameter_or_in_several(
    admin: httpx.Client, shelf: list[str], query: str
) -> None:
    assert names(admin.get(f"{PATH}?{query}")) == ["shelf-a"]


def test_clients_enumerations_and_unknown_parameters_are_taken(admin: httpx.Client, shelf: list[str]) -> None:
    query = {
        "search": "shelf-",
        "sortBy": "ServiceAccountSortFields.NAME",
        "sortOrder": "SortOrder.DESC",
        "x": "y",
    }
    assert names(admin.get(PATH, params=query)) == sorted(shelf, reverse=True)


def test_head_answers_the_headers_alone(admin: httpx.Client, shelf: list[str]) -> None:
    answer = admin.head(PATH, params={"search": "shelf-", "limit": 1})
    assert (answer.status_code, answer.content, answer.headers["x-total-count"]) == (200, b"", "3")
    assert admin.head(PATH).content == b""


def test_a_file_is_what_a_spreadsheet_opens(
    admin: httpx.Client, shelf: list[str], organisation: Organisation
) -> None:
    answer = admin.get(PATH, params={"search": "shelf-", "sortBy": "name"}, headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="service-accounts.csv"'
    assert answer.headers["x-total-count"] == "3"
    assert answer.content.endswith(b"\r\n")
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert list(rows[0]) == [
        "Service account",
        "Client ID",
        "Access rule(s)",
        "Last login",
        "Created by",
        "Creation time",
        "Last updated",
    ]
    assert [row["Service account"] for row in rows] == sorted(shelf)
    assert rows[0]["Access rule(s)"] == "Viewer in cluster-b; L1 researcher in department-a1"
    assert {row["Created by"] for row in rows} == {ADMIN_EMAIL}
    assert "=cmd" not in answer.text


def test_a_file_has_the_columns_that_were_asked_for_in_their_order(
    admin: httpx.Client, shelf: list[str]
) -> None:
    names_of_columns = (
        "secretExpiresAt,secretCreatedAt,id,scopeName,enabled,description,name,clientId,accessRules,lastLogin,"
        "createdBy,createdAt,updatedAt"
    )
    query = {"filterBy": "name==shelf-b", "columns": names_of_columns}
    answer = admin.get(PATH, params=query, headers={"Accept": "text/csv"})
    titles, row = csv.reader(io.StringIO(answer.text, newline=""))
    assert titles == [
        "Secret expires",
        "Secret age",
        "ID",
        "Home",
        "Status",
        "Description",
        "Service account",
        "Client ID",
        "Access rule(s)",
        "Last login",
        "Created by",
        "Creation time",
        "Last updated",
    ]
    [shown] = admin.get(PATH, params={"filterBy": "name==shelf-b"}).json()
    assert row[:7] == ["", shown["secretCreatedAt"], shown["id"], "keystead", "Enabled", "'=cmd", "shelf-b"]
    admin.patch(f"{PATH}/{shown['id']}", json={"enabled": False})
    query["columns"] = "enabled"
    answer = admin.get(PATH, params=query, headers={"Accept": "text/csv"})
    assert answer.text == "Status\r\nDisabled\r\n"
    admin.patch(f"{PATH}/{shown['id']}", json={"enabled": True})


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ("name,secret", 'columns: has no "secret"; use some of name, clientId, '),
        ("name,name", "columns: names a column twice."),
        (",", 'columns: has no ""; use some of '),
    ],
)
def test_columns_that_there_are_not_are_refused(admin: httpx.Client, columns: str, problem: str) -> None:
    answer = admin.get(PATH, params={"columns": columns}, headers={"Accept": "text/csv"})
    assert answer.status_code == 400
    assert answer.json()["message"].startswith(problem)


def test_no_cell_of_a_file_runs_as_a_formula(admin: httpx.Client, make: Make) -> None:
    """Names of custom roles are free text."""
    wish = {
        "name": '=HYPERLINK("//x","y")',
        "description": "-",
        "permissions": [{"resourceType": "project", "actions": ["read"]}],
    }
    role = admin.post("/api/v2/authorization/roles", json=wish)
    assert role.status_code == 201, role.text
    made = make()
    give(admin, made.name, role.json()["id"], "1", "tenant")
    query = {"filterBy": f"name=={made.name}"}
    answer = admin.get(PATH, params=query, headers={"Accept": "text/csv"})
    _, row = csv.reader(io.StringIO(answer.text, newline=""))
    assert row[2] == """'=HYPERLINK("//x","y") in keystead"""


def test_a_file_of_nothing_has_its_line_of_names(admin: httpx.Client) -> None:
    query = {"filterBy": "name==nothing-of-that-name"}
    answer = admin.get(PATH, params=query, headers={"Accept": "text/csv"})
    assert (answer.text.count("\r\n"), answer.headers["x-total-count"]) == (1, "0")
