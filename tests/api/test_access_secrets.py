"""Access laws 12 to 15: secrets are shown once and kept nowhere, revoked at once, checked alike, and not guessed."""

import hmac
import json
import sqlite3
from base64 import b64encode
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
from argon2 import PasswordHasher

from keystead.credentials.throttle import (
    FAILED_SECRET_BY_ADDRESS,
    MAX_RETRY_AFTER,
    PASSWORD_BY_ADDRESS,
    PASSWORD_BY_PERSON,
)
from keystead.kit.clock import format_utc
from keystead.kit.secret import CLIENT_SECRET_PREFIX, Secret, make_secret
from tests.api.conftest import Place
from tests.api.holders import (
    ACCOUNTS,
    AUDIT,
    EXPLAIN,
    OWN_RULES,
    RULES,
    USERS,
    Account,
    Holders,
    all_but_the_moment,
    fresh,
    wish,
)
from tests.inside import TOKEN, Inside, running_inside
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD, Server, bearing, sign_in, token_for

CONTRACT_TOKEN = "/api/v1/token"
TENANT = Place("1", "tenant")
APP_TOKEN = "/v1/k8s/auth/oauth/apptoken"
PASSWORD = "/api/v1/me/password"
ATTEMPTS = 2_000


@pytest.fixture(scope="module")
def holders(server: str, admin: httpx.Client) -> Iterator[Holders]:
    with ExitStack() as stack:
        yield Holders(server, admin, stack)


@pytest.fixture
def account(holders: Holders) -> Account:
    return holders.account()


def works(server: str, token: str) -> bool:
    with bearing(server, token) as client:
        status = client.get(OWN_RULES).status_code
    assert status in (200, 401)
    return status == 200


# 12. Shown once


def test_law_12_answers_that_show_a_secret_are_not_stored_on_the_way(
    server: str, admin: httpx.Client, anonymous: httpx.Client, account: Account
) -> None:
    person = {"email": f"{fresh('person')}@example.org"}
    made = admin.post(USERS, json=person)
    showing = [
        admin.post(ACCOUNTS, json={"name": fresh("account")}),
        admin.post(f"{account.path}/secrets", json={}),
        admin.post(f"{account.path}/secret"),
        made,
        admin.post(f"{USERS}/{made.json()['id']}/password"),
        anonymous.post(
            TOKEN, data={"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        ),
    ]
    for answer in showing:
        assert answer.is_success
        assert answer.headers["cache-control"] == "no-store"


def test_law_12_a_secret_is_shown_once(admin: httpx.Client, account: Account) -> None:
    assert account.secret.startswith("ksk_")
    added = admin.post(f"{account.path}/secrets", json={"name": "second"}).json()["clientSecret"]
    for answer in (
        admin.get(account.path),
        admin.get(ACCOUNTS),
        admin.get(ACCOUNTS, headers={"Accept": "text/csv"}),
        admin.get(f"{account.path}/secrets"),
        admin.get(AUDIT, params={"start": "2020-01-01", "end": "2100-01-01", "numberOfSamples": "1000"}),
    ):
        assert answer.status_code == 200
        for secret in (account.secret, added):
            assert secret not in answer.text
            assert secret[len("ksk_") : -6] not in answer.text


class Written(NamedTuple):
    """All that a server has left on the disk: its log, and every file of its data."""

    log: bytes
    files: dict[str, bytes]

    def holding(self, text: str) -> list[str]:
        """Where the text stands, plain or as the random part of a secret alone."""
        wanted = text.encode(), text.removeprefix("ksk_").removeprefix("ksr_")[:43].encode()
        everything = {"the log": self.log, **self.files}
        return [name for name, content in everything.items() if any(part in content for part in wanted)]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that logs all it can, for what must not be in there."""
    directory = tmp_path_factory.mktemp("busy") / "var"
    with Server(directory, {"KEYSTEAD_LOG_LEVEL": "debug"}) as server:
        yield server


def written_by(server: Server) -> Written:
    files = {path.name: path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file()}
    assert any(name.startswith("keystead.db") for name in files)
    return Written(server.log_file.read_bytes(), files)


def test_law_12_nothing_secret_is_in_the_database_the_log_or_an_argument_list(busy: Server) -> None:
    with sign_in(busy.url) as admin:
        created = admin.post(ACCOUNTS, json={"name": fresh("account")}).json()
        path = f"{ACCOUNTS}/{created['id']}"
        added = admin.post(f"{path}/secrets", json={}).json()["clientSecret"]
        access_token = token_for(busy.url, created["clientId"], added)
        regenerated = admin.post(f"{path}/secret").json()["clientSecret"]
        person = admin.post(USERS, json={"email": "person@example.org"}).json()
        reset = admin.post(f"{USERS}/{person['id']}/password").json()
        form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD}
        session = httpx.post(busy.url + TOKEN, data=form).json()
        again = httpx.post(
            busy.url + TOKEN, data={"grant_type": "refresh_token", "refresh_token": session["refresh_token"]}
        ).json()
        secrets = [
            created["clientSecret"],
            added,
            regenerated,
            person["tempPassword"],
            *(text for text in reset.values() if isinstance(text, str)),
            ADMIN_PASSWORD,
            session["refresh_token"],
            again["refresh_token"],
            access_token.rpartition(".")[2],
            session["access_token"].rpartition(".")[2],
        ]
    written = written_by(busy)
    assert {secret: written.holding(secret) for secret in secrets} == {secret: [] for secret in secrets}
    arguments = Path(f"/proc/{busy.pid}/cmdline")
    if arguments.exists():
        assert not any(secret.encode() in arguments.read_bytes() for secret in secrets)


def test_law_12_no_secret_is_taken_from_a_url(server: str, anonymous: httpx.Client, account: Account) -> None:
    for answer in (
        anonymous.post(f"{TOKEN}?{urlencode(account.form)}"),
        anonymous.get(f"{TOKEN}?{urlencode(account.form)}"),
        anonymous.post(f"{TOKEN}?client_secret={account.secret}", data={**account.form, "client_secret": ""}),
    ):
        assert answer.status_code in (400, 401, 405)
        assert account.secret not in answer.text
    token = token_for(server, account.name, account.secret)
    assert anonymous.get(OWN_RULES, params={"access_token": token}).status_code == 401


class Misplaced(NamedTuple):
    """A request with a secret where it is not expected."""

    method: str
    path: str
    body: Any = None
    form: dict[str, str] | None = None
    raw: str | None = None
    headers: dict[str, str] | None = None

    def send(self, client: httpx.Client) -> httpx.Response:
        headers = dict(self.headers or {})
        if self.raw is not None and self.path == TOKEN:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return client.request(
            self.method, self.path, json=self.body, data=self.form, content=self.raw, headers=headers
        )


def with_a_secret(secret: str) -> Iterator[Misplaced]:
    """A secret in the wrong field, of the wrong type, in broken bodies, in names, in paths, in parameters."""
    client = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": secret}
    yield Misplaced("POST", TOKEN, form={**client, "client_id": secret})
    yield Misplaced("POST", TOKEN, form={**client, "grant_type": secret})
    yield Misplaced("POST", TOKEN, form={**client, "scope": secret, secret: secret})
    yield Misplaced("POST", TOKEN, form={**client, "client_secret": secret + "x"})
    yield Misplaced("POST", TOKEN, form={**client, "client_secret": secret + "\0"})
    yield Misplaced("POST", TOKEN, form={**client, "client_secret": secret * 100})
    yield Misplaced("POST", TOKEN, raw=f"{urlencode(client)}&client_secret={secret}")
    yield Misplaced("POST", TOKEN, raw=f"{secret}=1&{secret}=2")
    yield Misplaced("POST", TOKEN, raw=f"{urlencode(client)}&client_secret=%zz{secret}")
    yield Misplaced("POST", TOKEN, body=client)
    yield Misplaced("POST", TOKEN, form={"grant_type": "password", "username": secret, "password": secret})
    yield Misplaced("POST", TOKEN, form={"grant_type": "refresh_token", "refresh_token": secret})
    basic = b64encode(f"{secret}{secret}".encode()).decode()
    grant, headers = {"grant_type": "client_credentials"}, {"Authorization": f"Basic {basic}"}
    yield Misplaced("POST", TOKEN, form=grant, headers=headers)
    yield Misplaced("GET", ACCOUNTS, headers={"Authorization": f"Bearer {secret}"})
    yield Misplaced("GET", ACCOUNTS, headers={"Authorization": secret})
    for path in (CONTRACT_TOKEN, APP_TOKEN):
        yield Misplaced("POST", path, body={"grantType": secret, "clientId": "ci", "clientSecret": secret})
        yield Misplaced("POST", path, body={"grantType": "app_token", "AppId": secret, "AppSecret": [secret]})
        yield Misplaced("POST", path, body={secret: 1})
        yield Misplaced("POST", path, body={secret.lower(): secret, secret: "other"})
        yield Misplaced("POST", path, raw=f'{{"grantType": "app_token", "AppSecret": "{secret}')
        yield Misplaced("POST", path, raw=f"AppSecret={secret}")
    yield Misplaced("POST", ACCOUNTS, body={"name": secret})
    yield Misplaced("POST", ACCOUNTS, body={"name": "ok-name", "scopeId": secret})
    yield Misplaced("POST", ACCOUNTS, body={"name": "ok-name", "labels": {secret + "/": secret}})
    yield Misplaced("POST", ACCOUNTS, body={"name": "ok-name", "labels": {secret: 5}})
    yield Misplaced("POST", ACCOUNTS, raw=f'{{"{secret}": 1, "{secret}": 2, "name": "ok-name"}}')
    yield Misplaced("POST", ACCOUNTS, raw=f'{{"name": {secret}}}')
    yield Misplaced("POST", RULES, body=wish(secret, 5, TENANT))
    yield Misplaced("POST", RULES, body={**wish("x", 5, TENANT), "subjectType": secret})
    yield Misplaced("POST", RULES, body={**wish("x", 5, TENANT), "roleId": secret})
    yield Misplaced(
        "POST", EXPLAIN, body={"subjectId": secret, "subjectType": "service-account", "action": secret}
    )
    yield Misplaced("POST", PASSWORD, body={"currentPassword": secret, "newPassword": "short"})
    yield Misplaced("POST", PASSWORD, body={"currentPassword": secret, "newPassword": [secret]})
    for parameter in ("filterBy", "sortBy", "sortOrder", "limit", "offset", "total"):
        yield Misplaced("GET", f"{ACCOUNTS}?{parameter}={secret}")
    yield Misplaced("GET", f"{ACCOUNTS}?filterBy=name{secret}")
    yield Misplaced("GET", f"{ACCOUNTS}?filterBy=lastLogin=={secret}")
    yield Misplaced("GET", f"{ACCOUNTS}?{secret}=%zz")
    yield Misplaced("GET", f"{ACCOUNTS}/{secret}")
    yield Misplaced("DELETE", f"{ACCOUNTS}/{secret}/secrets/{secret}")
    yield Misplaced("GET", f"{RULES}/{secret}")
    yield Misplaced("GET", f"/{secret}/x%zz")


def test_law_12_no_error_and_no_log_line_repeats_a_secret_that_came_where_it_does_not_belong(
    busy: Server,
) -> None:
    with sign_in(busy.url) as admin:
        created = admin.post(ACCOUNTS, json={"name": fresh("account")}).json()
        secret = created["clientSecret"]
        random_part = secret[4:-6]
        for number, request in enumerate(with_a_secret(secret)):
            answer = request.send(admin)
            assert 400 <= answer.status_code < 500, (number, request, answer.text)
            told = answer.text + json.dumps(dict(answer.headers))
            assert random_part[:12] not in told, (number, request, answer.text)
    written = written_by(busy)
    assert written.holding(random_part[:16]) == []
    assert b"Traceback" not in written.log


def test_law_12_a_failure_inside_is_traced_without_a_secret(tmp_path: Path) -> None:
    """The database loses a table under a running server."""
    with Server(tmp_path / "var", {"KEYSTEAD_LOG_LEVEL": "debug"}) as server:
        with sign_in(server.url) as admin:
            created = admin.post(ACCOUNTS, json={"name": fresh("account")}).json()
            form = Account(created["id"], created["name"], created["clientSecret"]).form
            with sqlite3.connect(server.data_dir / "keystead.db") as database:
                database.execute("ALTER TABLE credential RENAME TO lost")
            database.close()
            password = {"currentPassword": ADMIN_PASSWORD, "newPassword": "a new password that nobody saw"}
            answers = [
                httpx.post(server.url + TOKEN, data=form),
                admin.post(f"{ACCOUNTS}/{created['id']}/secrets", json={}),
                admin.post(PASSWORD, json=password),
                httpx.post(
                    server.url + TOKEN,
                    data={"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD},
                ),
            ]
        log = server.log()
    assert {answer.status_code for answer in answers} == {500}
    assert log.count("Traceback") >= len(answers)
    told = log + "".join(answer.text for answer in answers)
    for secret in (created["clientSecret"], ADMIN_PASSWORD, password["newPassword"]):
        assert secret not in told
    assert "ksk_" not in told
    assert "Traceback" not in "".join(answer.text for answer in answers)
    assert "credential" not in "".join(answer.text for answer in answers)


# 13. Regenerating, adding, revoking


def test_law_13_regenerating_revokes_every_secret_and_every_token_that_they_earned(
    server: str, admin: httpx.Client, anonymous: httpx.Client, account: Account
) -> None:
    added = [admin.post(f"{account.path}/secrets", json={}).json()["clientSecret"] for _ in range(3)]
    old = [account.secret, *added]
    tokens = [token_for(server, account.name, secret) for secret in old]
    assert all(works(server, token) for token in tokens)
    new = admin.post(f"{account.path}/secret").json()["clientSecret"]
    assert not any(works(server, token) for token in tokens)
    refused = {
        anonymous.post(TOKEN, data={**account.form, "client_secret": secret}).status_code for secret in old
    }
    assert refused == {401}
    assert works(server, token_for(server, account.name, new))
    assert len(admin.get(f"{account.path}/secrets").json()["secrets"]) == 1


def test_law_13_adding_a_secret_is_the_way_to_rotate_without_downtime(
    server: str, admin: httpx.Client, anonymous: httpx.Client, account: Account
) -> None:
    (first,) = admin.get(f"{account.path}/secrets").json()["secrets"]
    before = token_for(server, account.name, account.secret)
    new = admin.post(f"{account.path}/secrets", json={}).json()["clientSecret"]
    after = token_for(server, account.name, new)
    assert works(server, before)
    assert works(server, token_for(server, account.name, account.secret))
    assert admin.delete(f"{account.path}/secrets/{first['id']}").status_code == 204
    assert not works(server, before)
    assert anonymous.post(TOKEN, data=account.form).status_code == 401
    assert works(server, after)


# 14. One answer, one and the same work


class Work(NamedTuple):
    """What a request for a token cost."""

    statements: tuple[str, ...]
    digests: int
    comparisons: int


@pytest.fixture
async def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Inside]:
    """With passwords that are cheap to check: how often one may try is told here, not how long it takes."""
    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("keystead.users.passwords.PasswordHasher", cheap)
    async with running_inside(tmp_path) as started:
        yield started


@pytest.fixture
async def counted(inside: Inside, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Work]:
    """The work since it was last asked for."""
    counts: Counter[str] = Counter()
    digest, compare = Secret.digest, hmac.compare_digest

    def counting_digest(secret: Secret) -> bytes:
        counts["digests"] += 1
        return digest(secret)

    def counting_compare(first: Any, second: Any) -> bool:
        counts["comparisons"] += 1
        assert len(first) == len(second) == 32
        return compare(first, second)

    monkeypatch.setattr(Secret, "digest", counting_digest)
    monkeypatch.setattr(hmac, "compare_digest", counting_compare)

    def since() -> Work:
        statements = tuple(str(read.statement) for read in inside.database.reads)
        work = Work(statements, counts["digests"], counts["comparisons"])
        inside.database.reads.clear()
        counts.clear()
        return work

    return since


async def made_inside(admin: httpx.AsyncClient, **more: Any) -> Account:
    answer = await admin.post(ACCOUNTS, json={"name": fresh("account"), **more})
    return Account(answer.json()["id"], answer.json()["name"], answer.json()["clientSecret"])


async def refused_clients(inside: Inside, admin: httpx.AsyncClient) -> dict[str, dict[str, str]]:
    """Every reason for a refusal that is looked up, as a form."""
    account, disabled, bare, expiring = [await made_inside(admin) for _ in range(4)]
    await admin.patch(disabled.path, json={"enabled": False})
    (only,) = (await admin.get(f"{bare.path}/secrets")).json()["secrets"]
    await admin.delete(f"{bare.path}/secrets/{only['id']}")
    expires = format_utc(inside.clock.now() + 10_000_000)
    expired = (await admin.post(f"{expiring.path}/secrets", json={"expiresAt": expires})).json()[
        "clientSecret"
    ]
    regenerated = await made_inside(admin)
    await admin.post(f"{regenerated.path}/secret")
    deleted = await made_inside(admin)
    await admin.delete(deleted.path)
    inside.clock.pass_seconds(60)
    return {
        "unknown": {**account.form, "client_id": "nobody"},
        "wrong secret": {**account.form, "client_secret": make_secret(CLIENT_SECRET_PREFIX).reveal()},
        "another's secret": {**account.form, "client_secret": expiring.secret},
        "disabled": disabled.form,
        "disabled and wrong": {**disabled.form, "client_secret": make_secret(CLIENT_SECRET_PREFIX).reveal()},
        "without a secret": bare.form,
        "expired": {**expiring.form, "client_secret": expired},
        "revoked": regenerated.form,
        "deleted": deleted.form,
    }


def form_request(form: dict[str, str]) -> dict[str, Any]:
    return {"data": form}


def contract_request(form: dict[str, str]) -> dict[str, Any]:
    body = {"grantType": "app_token", "AppId": form["client_id"], "AppSecret": form["client_secret"]}
    return {"json": body}


def app_request(form: dict[str, str]) -> dict[str, Any]:
    return {"json": {"name": form["client_id"], "secret": form["client_secret"]}}


async def test_law_14_every_refusal_is_one_answer(inside: Inside) -> None:
    async with await inside.admin() as admin:
        forms = await refused_clients(inside, admin)
        forms["malformed"] = {**forms["unknown"], "client_secret": "guess"}
        forms["malformed by its checksum"] = {
            **forms["unknown"],
            "client_secret": forms["disabled"]["client_secret"][:-1] + "?",
        }
    for path, request in (
        (TOKEN, form_request),
        (CONTRACT_TOKEN, contract_request),
        (APP_TOKEN, app_request),
    ):
        answers = [await inside.anonymous.post(path, **request(form)) for form in forms.values()]
        told = [all_but_the_moment(answer) for answer in answers]
        assert told == told[:1] * len(told)
        assert answers[0].status_code == (401 if path == TOKEN else 400)


async def test_law_14_every_refusal_is_the_same_work_one_read_one_digest_one_comparison(
    inside: Inside, counted: Callable[[], Work]
) -> None:
    async with await inside.admin() as admin:
        good = await made_inside(admin)
        forms = {**await refused_clients(inside, admin), "granted": good.form}
    counted()
    work = {}
    for reason, form in forms.items():
        assert (await inside.anonymous.post(TOKEN, data=form)).status_code == (
            200 if reason == "granted" else 401
        )
        work[reason] = counted()
    (read,) = work["granted"].statements
    assert work == dict.fromkeys(forms, Work((read,), 1, 1))


@pytest.mark.parametrize(
    "secret",
    [
        "guess",
        "ksk_",
        "ksk_" + "0" * 49,
        "ksr_" + make_secret(CLIENT_SECRET_PREFIX).reveal()[4:],
        make_secret(CLIENT_SECRET_PREFIX).reveal() + "0",
        make_secret(CLIENT_SECRET_PREFIX).reveal().swapcase(),
        " " + make_secret(CLIENT_SECRET_PREFIX).reveal(),
    ],
    ids=["a guess", "nothing", "zeros", "another kind", "longer", "other letters", "a blank first"],
)
async def test_law_14_a_malformed_secret_never_reaches_the_database(
    inside: Inside, counted: Callable[[], Work], secret: str
) -> None:
    async with await inside.admin() as admin:
        account = await made_inside(admin)
    counted()
    answer = await inside.anonymous.post(TOKEN, data={**account.form, "client_secret": secret})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert counted() == Work((), 0, 0)


async def test_law_14_every_secret_of_an_account_costs_the_same(
    inside: Inside, counted: Callable[[], Work]
) -> None:
    async with await inside.admin() as admin:
        account = await made_inside(admin)
        others = [
            (await admin.post(f"{account.path}/secrets", json={})).json()["clientSecret"] for _ in range(4)
        ]
    counted()
    work = set()
    for secret in (account.secret, *others):
        form = {**account.form, "client_secret": secret}
        assert (await inside.anonymous.post(TOKEN, data=form)).status_code == 200
        work.add(counted())
    assert {(len(one.statements), one.digests, one.comparisons) for one in work} == {(1, 1, 1)}


# 15. Guessing is throttled


def password_form(person: str, password: str = "guess") -> dict[str, str]:
    return {"grant_type": "password", "username": person, "password": password}


async def statuses(client: httpx.AsyncClient, form: dict[str, str], times: int) -> list[int]:
    return [(await client.post(TOKEN, data=form)).status_code for _ in range(times)]


def require_throttled(answer: httpx.Response) -> int:
    """How long it asks to wait, in seconds."""
    assert answer.status_code == 429
    wait = int(answer.headers["retry-after"])
    assert 1 <= wait <= MAX_RETRY_AFTER <= 5
    return wait


async def test_law_15_passwords_are_throttled_by_person_and_address_together_even_when_right(
    inside: Inside,
) -> None:
    assert (
        await statuses(inside.anonymous, password_form(ADMIN_EMAIL), PASSWORD_BY_PERSON.burst)
        == [400] * PASSWORD_BY_PERSON.burst
    )
    right = password_form(ADMIN_EMAIL, ADMIN_PASSWORD)
    wait = require_throttled(await inside.anonymous.post(TOKEN, data=right))
    shouted = password_form(ADMIN_EMAIL.upper(), ADMIN_PASSWORD)
    require_throttled(await inside.anonymous.post(TOKEN, data=shouted))
    # Neither another person from here nor the person from elsewhere is kept out by it.
    assert await statuses(inside.anonymous, password_form("other@example.org"), 1) == [400]
    async with inside.coming_from("192.0.2.77") as elsewhere:
        assert await statuses(elsewhere, right, 1) == [200]
    inside.clock.pass_seconds(wait)
    assert await statuses(inside.anonymous, right, 1) == [200]


async def test_law_15_right_passwords_count_too(inside: Inside) -> None:
    right = password_form(ADMIN_EMAIL, ADMIN_PASSWORD)
    burst = PASSWORD_BY_PERSON.burst
    assert await statuses(inside.anonymous, right, burst + 1) == [200] * burst + [429]


async def test_law_15_passwords_are_throttled_by_address_whoever_is_tried(inside: Inside) -> None:
    burst = PASSWORD_BY_ADDRESS.burst
    people = [password_form(f"person-{number}@example.org") for number in range(burst)]
    tried = [status for form in people for status in await statuses(inside.anonymous, form, 1)]
    assert tried == [400] * burst
    require_throttled(await inside.anonymous.post(TOKEN, data=password_form("one-more@example.org")))
    async with inside.coming_from("192.0.2.77") as elsewhere:
        assert await statuses(elsewhere, password_form("one-more@example.org"), 1) == [400]


async def test_law_15_an_unknown_person_is_throttled_as_a_known_one(inside: Inside) -> None:
    """Else the limit would tell who exists."""
    burst = PASSWORD_BY_PERSON.burst
    for person in (ADMIN_EMAIL, "nobody@example.org"):
        async with inside.coming_from(f"192.0.2.{len(person)}") as client:
            assert await statuses(client, password_form(person), burst + 1) == [400] * burst + [429]


async def test_law_15_secrets_are_throttled_by_address_alone_and_only_failures_count(inside: Inside) -> None:
    async with await inside.admin() as admin:
        account, other = await made_inside(admin), await made_inside(admin)
    burst = FAILED_SECRET_BY_ADDRESS.burst
    assert set(await statuses(inside.anonymous, account.form, burst + 10)) == {200}
    wrong = {**account.form, "client_secret": make_secret(CLIENT_SECRET_PREFIX).reveal()}
    malformed = {**account.form, "client_secret": "guess"}
    unknown = {**wrong, "client_id": "nobody"}
    tried = [
        status
        for form, times in (
            (wrong, burst // 2),
            (malformed, burst // 4),
            (unknown, burst - burst // 2 - burst // 4),
        )
        for status in await statuses(inside.anonymous, form, times)
    ]
    assert tried == [401] * burst
    wait = require_throttled(await inside.anonymous.post(TOKEN, data=account.form))
    require_throttled(await inside.anonymous.post(TOKEN, data=other.form))
    async with inside.coming_from("192.0.2.77") as elsewhere:
        assert await statuses(elsewhere, account.form, 1) == [200]
    inside.clock.pass_seconds(wait)
    assert await statuses(inside.anonymous, account.form, 3) == [200] * 3


def test_law_15_over_the_wire_guessing_meets_a_429_with_a_small_retry_after(tmp_path: Path) -> None:
    with Server(tmp_path / "var") as server, httpx.Client(base_url=server.url) as client:
        guess = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "guess"}
        for number in range(ATTEMPTS):
            # An address that is only said is nobody's word: no proxy is trusted here.
            said = {"X-Forwarded-For": f"203.0.113.{number % 250}"}
            answer = client.post(TOKEN, data=guess, headers=said)
            if answer.status_code != 401:
                break
        assert number >= FAILED_SECRET_BY_ADDRESS.burst
        require_throttled(answer)
        assert answer.json()["error"] == "temporarily_unavailable"
