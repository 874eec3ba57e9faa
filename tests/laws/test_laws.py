"""Nobody rises, takes over, or sees what their scope does not contain: random actors against a plain model.

Each step is a request by some actor; its answer must be the one that the model of the law gives. HYPOTHESIS_EXAMPLES
plays more of them.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.inside import Inside, running_inside
from tests.laws.play import Actor, Play
from tests.laws.world import LEVELS, Node, Permission, Role, Rule, Subject, World
from tests.postgres import PostgresServer
from tests.serving import ADMIN_EMAIL

EXAMPLES: Final = int(os.environ.get("HYPOTHESIS_EXAMPLES", "15"))
STEPS: Final = 40
# Whoever only wants to know whether it fails need not wait for the shortest play in which it does.
PHASES: Final = (Phase.generate,) if os.environ.get("HYPOTHESIS_NO_SHRINK") else tuple(Phase)
# The permissions that the law speaks of, and one of another product.
RESOURCES: Final = (
    "service-account", "access_rules", "roles", "users", "department", "project", "cluster", "tenant",
    "events-history", "workloads",
)  # fmt: skip
EMAILS: Final = tuple(f"person-{letter}@example.org" for letter in "abcd")
GROUPS: Final = ("red", "blue")
# Roles that are interesting to hold: administrators of all sorts, and some who only read or research.
CAST: Final = (1, 3, 4, 5, 7, 13, 1708, 1710)
any_number = st.integers(0, 10_000)
permissions = st.frozensets(
    st.tuples(st.sampled_from(RESOURCES), st.sampled_from(("create", "read", "update", "delete"))),
    min_size=1,
    max_size=12,
)


class Stage:
    """An application for each play: begun anew from one prepared database, so that nothing is left of the last.

    On SQLite, or on `postgres` when it is given.
    """

    def __init__(self, directory: Path, postgres: PostgresServer | None = None) -> None:
        self._directory = directory
        self._postgres = postgres
        self._template = postgres.create_database() if postgres else ""
        self.loop = asyncio.new_event_loop()
        self._number = 0
        self._prepared = directory / "prepared.db"

    def open(self) -> tuple[Inside, AsyncExitStack]:
        self._number += 1
        directory = self._directory / f"play-{self._number}"
        directory.mkdir()
        stack = AsyncExitStack()
        migrated = self._prepared if self._prepared.exists() else None
        settings = {}
        if self._postgres is not None:
            first = self._number == 1
            name = self._template if first else self._postgres.create_database(self._template)
            settings = {"KEYSTEAD_DATABASE_URL": self._postgres.dsn(name)}
        inside = self.loop.run_until_complete(
            stack.enter_async_context(running_inside(directory, migrated=migrated, settings=settings))
        )
        return inside, stack

    def prepare(self) -> None:
        """The first start is made once; plays begin behind it."""
        _, stack = self.open()
        self.loop.run_until_complete(stack.aclose())
        if self._postgres is None:
            (self._directory / f"play-{self._number}" / "keystead.db").rename(self._prepared)

    def close(self) -> None:
        self.loop.close()


class Laws(RuleBasedStateMachine):
    stage: Stage

    def __init__(self) -> None:
        super().__init__()
        self.inside, self._stack = self.stage.open()
        self.play = self._begin()

    def teardown(self) -> None:
        self.stage.loop.run_until_complete(self._stack.aclose())

    def _begin(self) -> Play:
        client = self.stage.loop.run_until_complete(self.inside.admin())
        get = self.stage.loop.run_until_complete
        roles = [_role(one) for one in get(client.get("/api/v1/authorization/roles")).json()]
        person = get(client.get("/api/v1/users")).json()[0]
        given = get(client.get("/api/v1/authorization/access-rules")).json()["accessRules"][0]
        tenant = Node("1", 0, "keystead", None)
        administrator = Subject("user", person["id"], ADMIN_EMAIL, tenant)
        world = World(tenant, roles, administrator)
        world.rules.append(Rule(given["id"], administrator, _by_id(roles, 1), tenant))
        world.note("user", administrator.key, tenant)  # the first start made them
        play = Play(self.inside, world, self.stage.loop)
        play.actors.append(Actor(administrator, client, 0))
        return play

    @initialize(
        cast=st.lists(
            st.tuples(
                any_number, st.lists(st.tuples(st.sampled_from(CAST), any_number), min_size=1, max_size=2)
            ),
            min_size=3,
            max_size=5,
        )
    )
    def set_the_stage(self, cast: list[tuple[int, list[tuple[int, int]]]]) -> None:
        """Two clusters with a department and two projects each, and accounts all over that hold a role or two."""
        play, world, admin = self.play, self.play.world, self.play.actors[0]
        for _ in range(2):
            play.create_node(admin, world.tenant)
            play.create_node(admin, world.nodes[-1])
            department = world.nodes[-1]
            play.create_node(admin, department)
            play.create_node(admin, department)
        for home, held in cast:
            play.create_account(admin, self.node(home))
            for role_id, place in held:
                play.create_rule(admin, world.subjects[-1], _by_id(world.roles, role_id), self.node(place))

    # Picks: a number chooses among what is there, so that a play shrinks well.

    def actor(self, number: int) -> Actor:
        return self.play.actors[number % len(self.play.actors)]

    def node(self, number: int) -> Node:
        return self.play.world.nodes[number % len(self.play.world.nodes)]

    def maybe_node(self, number: int) -> Node | None:
        return None if number % 3 == 0 else self.node(number // 3)

    def account(self, number: int) -> Subject:
        return self._of_kind("service-account", number)

    def person(self, number: int) -> Subject:
        return self._of_kind("user", number)

    def _of_kind(self, kind: str, number: int) -> Subject:
        found = [one for one in self.play.world.subjects if one.kind == kind]
        return found[number % len(found)]

    def role(self, number: int) -> Role:
        roles = self.play.world.roles
        custom = [role for role in roles if role.home is not None]
        pool = custom if custom and number % 2 else [role for role in roles if role.id in CAST]
        return pool[number // 2 % len(pool)]

    def custom_role(self, number: int) -> Role:
        custom = [role for role in self.play.world.roles if role.home is not None]
        return custom[number % len(custom)]

    def target(self, number: int) -> Subject:
        """Whom a rule is for: an account, a person, a group, or somebody who has not come yet."""
        choice = number % 5
        if choice < 2:
            return self.account(number // 5)
        if choice == 2:
            return self.person(number // 5)
        if choice == 3:
            name = GROUPS[number // 5 % len(GROUPS)]
            return Subject("group", f"group {name}", name)
        email = EMAILS[number // 5 % len(EMAILS)]
        there = [one for one in self.play.world.subjects if one.kind == "user" and one.name == email]
        return there[0] if there else Subject("awaited", f"awaited {email}", email)

    # Steps

    @rule(by=any_number, home=any_number)
    def somebody_creates_an_account(self, by: int, home: int) -> None:
        self.play.create_account(self.actor(by), self.maybe_node(home))

    @precondition(lambda self: any(one.kind == "service-account" for one in self.play.world.subjects))
    @rule(
        by=any_number,
        which=any_number,
        what=st.sampled_from(("add", "regenerate", "enable", "disable", "delete")),
    )
    def somebody_changes_an_account(self, by: int, which: int, what: str) -> None:
        actor, account = self.actor(by), self.account(which)
        if what in ("add", "regenerate"):
            self.play.make_secret(actor, account, adding=what == "add")
        elif what == "delete":
            self.play.delete_account(actor, account)
        else:
            self.play.enable_account(actor, account, enabled=what == "enable")

    @precondition(lambda self: any(one.secrets for one in self.play.world.subjects))
    @rule(which=any_number)
    def an_account_signs_in(self, which: int) -> None:
        account = self.account(which)
        if account.secrets:
            self.play.token_of(account, account.secrets[-1])

    @precondition(lambda self: any(one.kind == "service-account" for one in self.play.world.subjects))
    @rule(by=any_number, whom=any_number, role=any_number, where=any_number)
    def somebody_gives_a_role(self, by: int, whom: int, role: int, where: int) -> None:
        self.play.create_rule(self.actor(by), self.target(whom), self.role(role), self.node(where))

    @rule(who=st.sampled_from(EMAILS), where=any_number)
    def the_administrator_creates_a_person_somewhere(self, who: str, where: int) -> None:
        self.play.create_person(self.play.actors[0], who, [], self.node(where))

    @rule(whom=st.integers(2, 4), which=any_number, role=any_number, where=any_number)
    def the_administrator_gives_people_a_role(self, whom: int, which: int, role: int, where: int) -> None:
        """To a person, to a group, or to somebody who has not come yet."""
        self.play.create_rule(
            self.play.actors[0], self.target(which * 5 + whom), self.role(role), self.node(where)
        )

    @rule(by=any_number, whom=any_number, role=st.sampled_from(CAST), where=any_number)
    def a_group_gets_a_role_and_somebody_adds_a_person(
        self, by: int, whom: int, role: int, where: int
    ) -> None:
        name = GROUPS[whom % len(GROUPS)]
        group = Subject("group", f"group {name}", name)
        self.play.create_rule(
            self.play.actors[0], group, _by_id(self.play.world.roles, role), self.node(where)
        )
        self.play.set_groups(self.actor(by), self.person(whom), [name])

    @rule(by=any_number, whom=any_number, role=st.sampled_from(CAST), where=any_number)
    def a_person_gets_a_role_and_somebody_resets_their_password(
        self, by: int, whom: int, role: int, where: int
    ) -> None:
        person = self.person(whom)
        if person.name != ADMIN_EMAIL:
            held = _by_id(self.play.world.roles, role)
            self.play.create_rule(self.play.actors[0], person, held, self.node(where))
            self.play.reset_password(self.actor(by), person)

    @rule(by=any_number, which=any_number)
    def somebody_takes_a_role(self, by: int, which: int) -> None:
        rules = self.play.world.rules
        self.play.delete_rule(self.actor(by), rules[which % len(rules)])

    @rule(by=any_number, holding=permissions, home=any_number)
    def somebody_makes_a_role(self, by: int, holding: frozenset[Permission], home: int) -> None:
        self.play.create_role(self.actor(by), holding, self.maybe_node(home))

    @precondition(lambda self: any(one.kind == "service-account" for one in self.play.world.subjects))
    @rule(whom=any_number, where=any_number, holding=st.sampled_from(("workloads", "project", "users")))
    def the_administrator_makes_a_role_and_gives_it(self, whom: int, where: int, holding: str) -> None:
        admin, world = self.play.actors[0], self.play.world
        self.play.create_role(admin, frozenset({(holding, "read"), (holding, "create")}), world.tenant)
        if world.roles[-1].home is not None:
            self.play.create_rule(admin, self.account(whom), world.roles[-1], self.node(where))

    @precondition(lambda self: any(role.home is not None for role in self.play.world.roles))
    @rule(
        by=any_number,
        which=any_number,
        what=st.sampled_from(("edit", "enable", "disable", "delete")),
        to=permissions,
    )
    def somebody_changes_a_role(self, by: int, which: int, what: str, to: frozenset[Permission]) -> None:
        actor, role = self.actor(by), self.custom_role(which)
        if what == "edit":
            self.play.edit_role(actor, role, to)
        elif what == "delete":
            self.play.delete_role(actor, role)
        else:
            self.play.enable_role(actor, role, enabled=what == "enable")

    @rule(
        by=any_number,
        who=st.sampled_from(EMAILS),
        groups=st.lists(st.sampled_from(GROUPS), unique=True),
        home=any_number,
    )
    def somebody_creates_a_person(self, by: int, who: str, groups: list[str], home: int) -> None:
        self.play.create_person(self.actor(by), who, groups, self.maybe_node(home))

    @rule(
        by=any_number,
        whom=any_number,
        what=st.sampled_from(("groups", "enable", "disable", "reset", "delete")),
        groups=st.lists(st.sampled_from(GROUPS), unique=True),
    )
    def somebody_changes_a_person(self, by: int, whom: int, what: str, groups: list[str]) -> None:
        actor, person = self.actor(by), self.person(whom)
        if what == "groups":
            self.play.set_groups(actor, person, groups)
        elif what == "reset":
            if person.name != ADMIN_EMAIL:  # whose password the next play signs in with
                self.play.reset_password(actor, person)
        elif what == "delete":
            self.play.delete_person(actor, person)
        else:
            self.play.enable_person(actor, person, enabled=what == "enable")

    @rule(by=any_number, where=any_number)
    def somebody_makes_a_place(self, by: int, where: int) -> None:
        parents = [node for node in self.play.world.nodes if node.level < len(LEVELS) - 1]
        self.play.create_node(self.actor(by), parents[where % len(parents)])

    @rule(by=any_number, which=any_number)
    def somebody_deletes_a_place(self, by: int, which: int) -> None:
        nodes = self.play.world.nodes[1:]
        if nodes:
            self.play.delete_node(self.actor(by), nodes[which % len(nodes)])

    @precondition(lambda self: any(one.kind == "service-account" for one in self.play.world.subjects))
    @rule(by=any_number, which=any_number)
    def somebody_looks_at_an_account(self, by: int, which: int) -> None:
        self.play.look_at_account(self.actor(by), self.account(which))

    @rule(by=any_number, where=any_number)
    def somebody_lists(self, by: int, where: int) -> None:
        actor = self.actor(by)
        self.play.list_accounts(actor)
        self.play.search_accounts(actor, self.node(where))
        self.play.list_rules(actor)
        self.play.list_people(actor)
        for level in (1, 2, 3):
            self.play.list_nodes(actor, level)
        self.play.read_audit_log(actor)

    @rule(by=any_number, about=any_number, what=permissions, where=any_number)
    def somebody_asks_why(self, by: int, about: int, what: frozenset[Permission], where: int) -> None:
        subjects = self.play.world.subjects
        for permission in sorted(what):
            self.play.explain(self.actor(by), subjects[about % len(subjects)], permission, self.node(where))


def _role(answer: dict[str, Any]) -> Role:
    held = frozenset(
        (one["resourceType"], action) for one in answer["permissions"] for action in one["actions"]
    )
    return Role(answer["id"], answer["name"], held)


def _by_id(roles: list[Role], role_id: int) -> Role:
    return next(role for role in roles if role.id == role_id)


@pytest.fixture(params=["sqlite", "postgres"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    on_postgres = request.param == "postgres"
    made = Stage(tmp_path, request.getfixturevalue("postgres") if on_postgres else None)
    made.prepare()
    yield made
    made.close()


def test_nobody_rises_nor_sees_beyond_their_scope(stage: Stage) -> None:
    Laws.stage = stage
    run_state_machine_as_test(
        Laws,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=PHASES,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
