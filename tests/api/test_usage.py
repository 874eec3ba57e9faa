"""What accounts are used for, by the day and in numbers, against a plain model; on each engine."""

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from keystead.authz.tree import Range, reach
from keystead.kit.clock import DAY, SECOND, format_utc
from keystead.kit.secret import CLIENT_SECRET_PREFIX, make_secret
from keystead.org_units.scopes import find_scope
from keystead.usage.counters import KEPT_DAYS, day_of
from tests.api.engines import inside
from tests.inside import HERE, TOKEN, Inside

__all__ = ["inside"]

LIST = "/api/v1/service-accounts"
RULES = "/api/v1/authorization/access-rules"
VIEWER, DEPARTMENT_ADMINISTRATOR = 7, 1710
WRONG = make_secret(CLIENT_SECRET_PREFIX).reveal()


@dataclass
class Secret:
    id: str
    text: str
    created_at: int
    expires_at: int | None = None


@dataclass
class Account:
    """What the model knows of one."""

    id: str
    name: str
    home: int
    created_at: int
    creator: str
    secrets: list[Secret] = field(default_factory=list)
    rules: list[int] = field(default_factory=list)
    enabled: bool = True
    last_login: int | None = None
    used: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)


@dataclass
class World:
    """A server, an administrator who signs in anew whenever time has passed, and the model of what was done."""

    inside: Inside
    places: dict[str, tuple[str, str, int]]
    accounts: list[Account] = field(default_factory=list)
    other_rules: list[int] = field(default_factory=list)

    @property
    def now(self) -> int:
        return self.inside.clock.now()

    async def create(self, admin: httpx.AsyncClient, name: str, place: str) -> Account:
        scope_id, kind, code = self.places[place]
        body = {"name": name, "scopeId": scope_id, "scopeType": kind}
        answer = await admin.post(LIST, json=body)
        assert answer.status_code == 201, answer.text
        made = Account(answer.json()["id"], name, code, self.now, "admin@keystead.local")
        [secret] = (await admin.get(f"{LIST}/{made.id}/secrets")).json()["secrets"]
        made.secrets.append(Secret(secret["id"], answer.json()["clientSecret"], self.now))
        self.accounts.append(made)
        return made

    async def sign_in(self, account: Account, secret: Secret | None = None, address: str = HERE) -> int:
        presented = WRONG if secret is None else secret.text
        form = {"grant_type": "client_credentials", "client_id": account.name, "client_secret": presented}
        async with self.inside.coming_from(address) as client:
            answer = await client.post(TOKEN, data=form)
        counted = account.used if answer.status_code == 200 else account.refused
        counted[day_of(self.now)] += 1
        if answer.status_code == 200:
            account.last_login = self.now
        return answer.status_code

    async def give(self, admin: httpx.AsyncClient, subject: str, kind: str, role: int, place: str) -> None:
        scope_id, scope_type, _ = self.places[place]
        body = {
            "subjectId": subject,
            "subjectType": kind,
            "roleId": role,
            "scopeId": scope_id,
            "scopeType": scope_type,
        }
        answer = await admin.post(RULES, json=body)
        assert answer.status_code == 201, answer.text


@pytest.fixture
async def world(inside: Inside) -> World:
    """A cluster with two departments."""
    async with await inside.admin() as admin:
        places = {"tenant": ("1", "tenant", 0)}
        cluster = (await admin.post("/api/v1/clusters", json={"name": "alpha"})).json()["uuid"]
        places["cluster"] = (cluster, "cluster", 0)
        for name in ("research", "ops"):
            body = {"name": name, "clusterId": cluster, "resources": []}
            made = await admin.post("/api/v1/org-unit/departments", json=body)
            places[name] = (made.json()["id"], "department", 0)
    for name, (scope_id, kind, _) in places.items():
        scope = await find_scope(inside.database, scope_id)
        assert scope is not None
        places[name] = (scope_id, kind, scope.code)
    return World(inside, places)


@pytest.fixture
async def researcher(world: World) -> str:
    """An account that administers one department; signing in with what this is gives a client."""
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "administers-research", "research")
        await world.give(admin, account.name, "service-account", DEPARTMENT_ADMINISTRATOR, "research")
        account.rules.append(world.places["research"][2])
    return account.name


async def signed_in(world: World, name: str) -> httpx.AsyncClient:
    """As an account, which counts as a sign-in of it."""
    account = next(one for one in world.accounts if one.name == name)
    form = {
        "grant_type": "client_credentials",
        "client_id": name,
        "client_secret": account.secrets[0].text,
    }
    answer = await world.inside.anonymous.post(TOKEN, data=form)
    assert answer.status_code == 200, answer.text
    account.used[day_of(world.now)] += 1
    account.last_login = world.now
    return world.inside.bearing(answer.json()["access_token"])


async def got(client: httpx.AsyncClient, path: str, **asked: object) -> Any:
    answer = await client.get(path, params={name: str(value) for name, value in asked.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()


# One account


async def test_an_account_s_use_is_counted_by_the_day_with_the_days_on_which_nothing_was(
    world: World,
) -> None:
    clock = world.inside.clock
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "counted", "tenant")
        fresh = await got(admin, f"{LIST}/{account.id}/usage")
        assert len(fresh["days"]) == 30
        assert (fresh["tokens"], fresh["refused"]) == (0, 0)
        assert (fresh["lastLogin"], fresh["lastRefused"]) == (None, None)
    for _ in range(3):
        assert await world.sign_in(account, account.secrets[0]) == 200
    clock.pass_seconds(2 * 86_400)
    assert await world.sign_in(account, address="192.0.2.99") == 401
    refused_at = world.now
    clock.pass_seconds(60)
    assert await world.sign_in(account, account.secrets[0], "192.0.2.88") == 200
    async with await world.inside.admin() as admin:
        found = await got(admin, f"{LIST}/{account.id}/usage", days=4)
        secrets = (await got(admin, f"{LIST}/{account.id}/secrets"))["secrets"]
    today = day_of(world.now)
    assert found["days"] == [
        {
            "date": format_utc(day * DAY)[:10],
            "tokens": account.used[day],
            "refused": account.refused[day],
        }
        for day in range(today - 3, today + 1)
    ]
    assert (found["tokens"], found["refused"]) == (4, 1)
    assert found["lastLogin"] == {
        "at": format_utc(world.now),
        "sourceIp": "192.0.2.88",
        "secretId": account.secrets[0].id,
        "secretTail": secrets[0]["tail"],
    }
    assert account.secrets[0].text.endswith(secrets[0]["tail"])
    assert found["lastRefused"] == {"at": format_utc(refused_at), "sourceIp": "192.0.2.99"}


async def test_attempts_while_disabled_or_after_the_secret_are_refused_ones(world: World) -> None:
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "shut-out", "tenant")
        [old] = account.secrets
        assert (await admin.post(f"{LIST}/{account.id}/secret")).status_code == 200
        assert await world.sign_in(account, old) == 401
        await admin.patch(f"{LIST}/{account.id}", json={"enabled": False})
        assert await world.sign_in(account, old) == 401
        found = await got(admin, f"{LIST}/{account.id}/usage", days=1)
    assert (found["tokens"], found["refused"], found["lastLogin"]) == (0, 2, None)


async def test_a_revoked_secret_that_signed_in_last_has_no_tail_any_more(world: World) -> None:
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "rotated", "tenant")
        await world.sign_in(account, account.secrets[0])
        assert (await admin.post(f"{LIST}/{account.id}/secret")).status_code == 200
        found = (await got(admin, f"{LIST}/{account.id}/usage"))["lastLogin"]
    assert (found["secretId"], found["secretTail"]) == (account.secrets[0].id, None)


async def test_a_new_account_inherits_no_counts_with_the_key_of_a_deleted_one(world: World) -> None:
    """SQLite gives the key of the newest row again when that was deleted."""
    async with await world.inside.admin() as admin:
        for place, path in (
            ("tenant", ""),
            ("ops", f"/api/v1/org-unit/departments/{world.places['ops'][0]}"),
        ):
            account = await world.create(admin, f"gone-{place}", place)
            await world.sign_in(account, account.secrets[0])
            await world.sign_in(account)
            gone = await admin.delete(
                path or f"{LIST}/{account.id}", params={"cascade": "true"} if path else {}
            )
            assert gone.status_code == 204, gone.text
            heir = await world.create(admin, f"heir-of-{place}", "tenant")
            found = await got(admin, f"{LIST}/{heir.id}/usage", days=KEPT_DAYS)
            assert (found["tokens"], found["refused"], found["lastLogin"], found["lastRefused"]) == (
                0,
                0,
                None,
                None,
            )
            assert (await admin.get(f"{LIST}/{account.id}/usage")).status_code == 404


async def test_counts_from_before_an_account_are_another_s(world: World) -> None:
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "yesterdays", "tenant")
    await world.sign_in(account, account.secrets[0])
    world.inside.clock.pass_seconds(86_400)
    async with await world.inside.admin() as admin:
        assert (await admin.delete(f"{LIST}/{account.id}")).status_code == 204
        heir = await world.create(admin, "todays", "tenant")
        assert (await got(admin, f"{LIST}/{heir.id}/usage"))["tokens"] == 0


async def test_the_use_of_what_is_out_of_sight_is_not_found(world: World, researcher: str) -> None:
    async with await world.inside.admin() as admin:
        hidden = await world.create(admin, "hidden", "ops")
    async with await signed_in(world, researcher) as client:
        answer = await client.get(f"{LIST}/{hidden.id}/usage")
        unknown = await client.get(f"{LIST}/9f55255e-11ed-47c7-acef-fc4054768dbc/usage")
    assert (answer.status_code, answer.content) == (404, unknown.content)


@pytest.mark.parametrize("days", ["0", "401", "x", "1.5", ""])
@pytest.mark.parametrize("path", [f"{LIST}/usage", f"{LIST}/9f55255e-11ed-47c7-acef-fc4054768dbc/usage"])
async def test_days_that_are_not_kept_are_refused(world: World, path: str, days: str) -> None:
    async with await world.inside.admin() as admin:
        answer = await admin.get(path, params={"days": days})
    assert (answer.status_code, answer.json()["message"]) == (
        400,
        "days: must be a whole number from 1 to 400.",
    )


# Whoever may read no account


@pytest.mark.parametrize("path", ["overview", "usage", "creators"])
async def test_who_reads_accounts_nowhere_is_told_nothing(world: World, path: str) -> None:
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "sees-nothing", "tenant")
    async with await signed_in(world, account.name) as client:
        assert (await client.get(f"{LIST}/{path}")).status_code == 403
    assert (await world.inside.anonymous.get(f"{LIST}/{path}")).status_code == 401


# All that somebody sees


def seen(world: World, ranges: tuple[Range, ...]) -> list[Account]:
    return [one for one in world.accounts if any(low <= one.home <= high for low, high in ranges)]


async def test_use_is_summed_over_what_somebody_sees(world: World, researcher: str) -> None:
    clock, chance = world.inside.clock, random.Random(5)
    async with await world.inside.admin() as admin:
        for number in range(6):
            await world.create(admin, f"summed-{number}", chance.choice(["tenant", "research", "ops"]))
    for _ in range(3):
        for account in world.accounts:
            for _ in range(chance.randrange(3)):
                await world.sign_in(account, chance.choice([account.secrets[0], None]))
        clock.pass_seconds(86_400)
    ranges = (reach(world.places["research"][2]),)
    async with await world.inside.admin() as admin, await signed_in(world, researcher) as client:
        for caller, accounts in ((admin, world.accounts), (client, seen(world, ranges))):
            for days in (1, 3, 400):
                found = await got(caller, f"{LIST}/usage", days=days)
                today = day_of(world.now)
                span = range(today - days + 1, today + 1)
                assert [(one["tokens"], one["refused"]) for one in found["days"]] == [
                    (sum(one.used[day] for one in accounts), sum(one.refused[day] for one in accounts))
                    for day in span
                ]
                assert found["tokens"] == sum(one.used[day] for one in accounts for day in span)
                assert found["refusedYesterday"] == sum(one.refused[today - 1] for one in accounts)
                assert found["tokensYesterday"] == sum(one.used[today - 1] for one in accounts)
                assert found["tokensToday"] == sum(one.used[today] for one in accounts)
                assert found["refusedToday"] == sum(one.refused[today] for one in accounts)


async def _live(world: World) -> None:
    """Two and a half years of accounts that are made, used, given secrets and rules, disabled and deleted."""
    clock, chance = world.inside.clock, random.Random(11)
    for step, days in enumerate((100, 60, 330, 100, 80, 70, 60, 20, 20, 15, 3, 2, 1, 0)):
        async with await world.inside.admin() as admin:
            for number in range(3):
                place = chance.choice(["tenant", "cluster", "research", "research", "ops"])
                account = await world.create(admin, f"lived-{step}-{number}", place)
                for scope in chance.sample(["tenant", "cluster", "research", "ops"], chance.randrange(3)):
                    await world.give(admin, account.name, "service-account", VIEWER, scope)
                    account.rules.append(world.places[scope][2])
                await _add_secret(world, admin, account, chance)
            for account in chance.sample(world.accounts, 2):
                if account.enabled and chance.random() < 0.3:
                    await admin.patch(f"{LIST}/{account.id}", json={"enabled": False})
                    account.enabled = False
        for account in world.accounts[-6:]:
            if chance.random() < 0.6:
                await world.sign_in(account, chance.choice([*account.secrets[:1], None]))
        clock.pass_seconds(days * 86_400)
    for account in world.accounts[::4]:
        for _ in range(chance.randrange(4)):
            await world.sign_in(account, address=f"192.0.2.{chance.randrange(50, 60)}")
    await world.inside.keystead.tend()


async def _add_secret(
    world: World, admin: httpx.AsyncClient, account: Account, chance: random.Random
) -> None:
    if chance.random() < 0.6:
        expires = None if chance.random() < 0.3 else world.now + chance.randrange(20, 900) * DAY
        body = {} if expires is None else {"expiresAt": format_utc(expires)}
        added = (await admin.post(f"{LIST}/{account.id}/secrets", json=body)).json()
        account.secrets.append(Secret(added["id"], added["clientSecret"], world.now, expires))
    if len(account.secrets) > 1 and chance.random() < 0.5:
        gone = account.secrets.pop(0)
        assert (await admin.delete(f"{LIST}/{account.id}/secrets/{gone.id}")).status_code == 204


def live_secrets(account: Account, now: int) -> list[Secret]:
    return [one for one in account.secrets if one.expires_at is None or one.expires_at > now]


def expected_overview(world: World, ranges: tuple[Range, ...]) -> dict[str, Any]:
    now, accounts = world.now, seen(world, ranges)
    today = day_of(now) * DAY

    def within(moment: int | None, least: int, most: int | None) -> bool:
        """Between so many days ago and so many."""
        return (
            moment is not None and (most is None or moment >= now - most * DAY) and moment < now - least * DAY
        )

    def logins(least: int, most: int | None) -> int:
        return sum(within(one.last_login, least, most) and (one.last_login or 0) < today for one in accounts)

    oldest = {
        one.id: min((secret.created_at for secret in live_secrets(one, now)), default=None)
        for one in accounts
    }

    def aged(least: int, most: int | None) -> int:
        # Nothing is made in the future; `least` 0 has now itself.
        return sum(within(made, least, most) or (least == 0 and made == now) for made in oldest.values())

    rules = [
        code
        for code in [*world.other_rules, *(code for one in world.accounts for code in one.rules)]
        if any(low <= code <= high for low, high in ranges)
    ]
    expiring = [
        one
        for one in accounts
        if any(now < secret.expires_at <= now + 30 * DAY for secret in one.secrets if secret.expires_at)
    ]
    levels = Counter("tenant" if code == 0 else "department" if code % 2**48 else "cluster" for code in rules)
    with_secret = [one for one in accounts if oldest[one.id] is not None]
    first = min(with_secret, key=lambda one: oldest[one.id] or 0)
    return {
        "asOf": format_utc(now),
        "accounts": len(accounts),
        "disabled": sum(not one.enabled for one in accounts),
        "createdLast30Days": sum(one.created_at >= now - 30 * DAY for one in accounts),
        "rules": len(rules),
        "lastLogin": {
            "today": sum((one.last_login or 0) >= today for one in accounts),
            "within7Days": sum(
                within(one.last_login, 0, 7) and (one.last_login or 0) < today for one in accounts
            ),
            "within30Days": logins(7, 30),
            "within90Days": logins(30, 90),
            "longerAgo": logins(90, None),
            "never": sum(one.last_login is None for one in accounts),
        },
        "neverUsedOlderThan30Days": sum(
            one.last_login is None and one.created_at < now - 30 * DAY for one in accounts
        ),
        "withoutRules": sum(
            not any(low <= code <= high for code in one.rules for low, high in ranges) for one in accounts
        ),
        "secrets": {
            "accountsWithSecretOlderThanYear": aged(365, None),
            "expiringWithin30Days": len(expiring),
            "ages": {
                "within30Days": aged(0, 30),
                "within90Days": aged(30, 90),
                "within180Days": aged(90, 180),
                "withinYear": aged(180, 365),
                "olderThanYear": aged(365, 730),
                "olderThan2Years": aged(730, None),
            },
        },
        "oldestSecret": {
            "serviceAccountId": first.id,
            "name": first.name,
            "createdAt": format_utc(oldest[first.id] or 0),
        },
        "reach": {level: levels[level] for level in ("tenant", "cluster", "department", "project")},
    }


@pytest.mark.parametrize("few", [5_000, 0], ids=["by-home", "along-indexes"])
async def test_the_overview_says_what_the_model_says(
    world: World, researcher: str, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr("keystead.service_accounts.overview._FEW", few)
    world.other_rules.append(0)  # the administrator's own
    await _live(world)
    ranges = (reach(world.places["research"][2]),)
    async with await world.inside.admin() as admin, await signed_in(world, researcher) as client:
        for caller, shown in ((admin, (reach(0),)), (client, ranges)):
            found = await got(caller, f"{LIST}/overview")
            refused = found.pop("refusedToday")
            assert found == expected_overview(world, shown)
            today = day_of(world.now)
            most = sorted(
                (one.refused[today] for one in seen(world, shown) if one.refused[today]), reverse=True
            )
            assert [one["refused"] for one in refused] == most[:5]
            by_id = {one.id: one for one in world.accounts}
            for one in refused:
                account = by_id[one["serviceAccountId"]]
                assert (one["name"], one["refused"]) == (account.name, account.refused[today])
                assert one["lastSourceIp"].startswith("192.0.2.5")
                assert one["since"] == format_utc(today * DAY)
            ages = found["secrets"]["ages"].values()
            listed = await got(caller, LIST, limit=500, filterBy="secretCreatedAt!=never")
            assert sum(ages) == len(listed)
            await assert_rows_agree(world, caller, shown)


async def assert_rows_agree(world: World, caller: httpx.AsyncClient, ranges: tuple[Range, ...]) -> None:
    """The list says of secrets what the secrets say."""
    rows = {row["id"]: row for row in await got(caller, LIST, limit=500)}
    for account in seen(world, ranges):
        live = live_secrets(account, world.now)
        expiries = [one.expires_at for one in live if one.expires_at is not None]
        row = rows[account.id]
        assert row["secretCount"] == len(live)
        assert row["secretCreatedAt"] == (format_utc(min(one.created_at for one in live)) if live else None)
        assert row["secretExpiresAt"] == (format_utc(min(expiries)) if expiries else None)


async def test_an_overview_is_made_once_for_all_who_see_the_same_and_anew_after_a_minute(
    world: World, researcher: str
) -> None:
    inside = world.inside
    async with await inside.admin() as admin, await inside.admin() as second:
        inside.database.reads.clear()
        answers = await asyncio.gather(
            *(got(caller, f"{LIST}/overview") for caller in (admin, second, admin))
        )
        assert answers[0] == answers[1] == answers[2]
        counted = [
            read for read in inside.database.reads if "GROUP BY rule.scope_code" in str(read.statement)
        ]
        assert len(counted) == 1
        await world.create(admin, "later", "tenant")
        inside.clock.pass_seconds(59)
        assert await got(admin, f"{LIST}/overview") == answers[0]
        inside.clock.pass_seconds(1)
        found = await got(admin, f"{LIST}/overview")
        assert found["accounts"] == answers[0]["accounts"] + 1
        # Somebody who sees less has an answer of their own.
        async with await signed_in(world, researcher) as client:
            assert (await got(client, f"{LIST}/overview"))["accounts"] == 1


async def test_who_made_accounts_is_told_with_how_many_and_found_by_name(
    world: World, researcher: str
) -> None:
    async with await world.inside.admin() as admin:
        for number in range(3):
            await world.create(admin, f"made-{number}", "ops")
    async with await signed_in(world, researcher) as client:
        for number in range(2):
            body = {"name": f"made-there-{number}"}
            assert (await client.post(LIST, json=body)).status_code == 201
        assert (await got(client, f"{LIST}/creators"))["creators"] == [
            {"name": researcher, "count": 2},
            {"name": "admin@keystead.local", "count": 1},
        ]
    async with await world.inside.admin() as admin:
        whole = [{"name": "admin@keystead.local", "count": 4}, {"name": researcher, "count": 2}]
        assert (await got(admin, f"{LIST}/creators"))["creators"] == whole
        assert (await got(admin, f"{LIST}/creators", limit=1))["creators"] == whole[:1]
        assert (await got(admin, f"{LIST}/creators", search="RESEARCH"))["creators"] == whole[1:]
        assert (await got(admin, f"{LIST}/creators", search="%"))["creators"] == []
        assert (await admin.get(f"{LIST}/creators", params={"limit": "51"})).status_code == 400


# Dates of secrets


async def test_a_secret_that_expires_leaves_the_account_s_row_within_a_minute(world: World) -> None:
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "expires", "tenant")
        soon = format_utc(world.now + 3_600 * SECOND)
        await admin.post(f"{LIST}/{account.id}/secrets", json={"expiresAt": soon})
        first = account.secrets[0]
        assert (await admin.delete(f"{LIST}/{account.id}/secrets/{first.id}")).status_code == 204
        row = await got(admin, f"{LIST}/{account.id}")
        assert (row["secretCount"], row["secretExpiresAt"]) == (1, soon)
        updated = row["updatedAt"]
    world.inside.clock.pass_seconds(3_600)
    await world.inside.keystead.tend()
    async with await world.inside.admin() as admin:
        row = await got(admin, f"{LIST}/{account.id}")
        assert (row["secretCount"], row["secretExpiresAt"], row["secretCreatedAt"]) == (0, None, None)
        assert row["updatedAt"] == updated
        assert [one["id"] for one in await got(admin, LIST, filterBy="secretCreatedAt==never")] == [
            account.id
        ]


async def test_regenerating_dates_the_account_anew(world: World) -> None:
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "regenerated", "tenant")
        await admin.post(f"{LIST}/{account.id}/secrets", json={"expiresAt": format_utc(world.now + DAY)})
        world.inside.clock.pass_seconds(60)
        assert (await admin.post(f"{LIST}/{account.id}/secret")).status_code == 200
        row = await got(admin, f"{LIST}/{account.id}")
    assert (row["secretCount"], row["secretExpiresAt"]) == (1, None)
    assert row["secretCreatedAt"] == format_utc(world.now)


# What is kept


async def test_counts_are_forgotten_after_the_days_that_they_are_kept_for(world: World) -> None:
    async with await world.inside.admin() as admin:
        account = await world.create(admin, "remembered", "tenant")
    await world.sign_in(account, account.secrets[0])
    for days in (KEPT_DAYS - 1, 0):
        world.inside.clock.pass_seconds(days * 86_400)
        await world.inside.keystead.tend()
        async with await world.inside.admin() as admin:
            assert (await got(admin, f"{LIST}/{account.id}/usage", days=KEPT_DAYS))["tokens"] == 1
            assert (await got(admin, f"{LIST}/usage", days=KEPT_DAYS))["tokens"] == 1
    world.inside.clock.pass_seconds(86_400)
    await world.inside.keystead.tend()
    for table in ("usage_day", "usage_home_day"):
        (left,) = await world.inside.database.scan(text(f"SELECT count(*) FROM {table}"))
        assert left[0] == 0
