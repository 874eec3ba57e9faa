"""A believable organisation, made up by a seeded dice: the same number of accounts gives the same organisation."""

import random
from collections.abc import Iterator
from typing import Final, NamedTuple

from keystead.authz.tree import Level

_CLUSTERS: Final = ("atlas-eu", "atlas-us", "borealis", "cumulus", "delta", "eos", "fjord", "granite")
_DEPARTMENTS: Final = (
    "research",
    "ml-platform",
    "data-science",
    "products",
    "robotics",
    "vision",
    "speech",
    "finance",
)
_PROJECTS: Final = (
    "recommender",
    "forecast",
    "search-ranking",
    "fraud-models",
    "perception",
    "translation",
    "pricing",
    "chat-assistant",
    "routing",
    "quality",
    "simulation",
    "demand",
)
_TEAMS: Final = (
    "ci",
    "etl",
    "airflow",
    "argo",
    "billing",
    "ingest",
    "notebook",
    "serving",
    "backup",
    "metrics",
    "mlflow",
)
_PURPOSES: Final = (
    "pipeline",
    "exporter",
    "deployer",
    "runner",
    "sync",
    "trainer",
    "scheduler",
    "monitor",
    "cleaner",
)
_STAGES: Final = ("prod", "prod", "staging", "dev", "test")
# Role ids and how often each is given: most pipelines research and train, few administer.
_ROLES: Final = {5: 30, 6: 18, 8: 16, 7: 12, 9: 5, 10: 6, 11: 4, 12: 4, 373: 3, 2256: 2, 4: 3, 1710: 1}
_NEVER_USED: Final = 0.15
_STALE: Final = 0.2
_ACCOUNTS_A_PROJECT: Final = 100
DAYS: Final = 400


class Unit(NamedTuple):
    """A node to make. `parent` is its parent's place in the plan, None for a cluster."""

    level: Level
    name: str
    parent: int | None


class Account(NamedTuple):
    """`rules` pairs a role with a unit's place in the plan. Ages in days; `used` None: never."""

    name: str
    description: str
    labels: dict[str, str]
    rules: tuple[tuple[int, int], ...]
    created: float
    used: float | None


class Plan:
    """Two clusters, four departments and twelve projects for up to 1,200 accounts; more of each beyond."""

    def __init__(self, accounts: int) -> None:
        self.accounts = accounts
        projects = max(12, accounts // _ACCOUNTS_A_PROJECT)
        departments = max(4, projects // 40)
        clusters = max(2, departments // 20)
        self.units: list[Unit] = [Unit(Level.CLUSTER, _name(_CLUSTERS, i), None) for i in range(clusters)]
        self._add(Level.DEPARTMENT, _DEPARTMENTS, departments, 0)
        self._add(Level.PROJECT, _PROJECTS, projects, clusters)
        self._places = {
            Level.CLUSTER: range(clusters),
            Level.DEPARTMENT: range(clusters, clusters + departments),
            Level.PROJECT: range(clusters + departments, len(self.units)),
        }

    def _add(self, level: Level, names: tuple[str, ...], number: int, first_parent: int) -> None:
        parents = len(self.units) - first_parent
        for i in range(number):
            self.units.append(Unit(level, _name(names, i), first_parent + i % parents))

    def each_account(self) -> Iterator[Account]:
        """One after the other, the oldest first; none is kept."""
        dice = random.Random(f"keystead {self.accounts}")  # noqa: S311 - nothing here is secret
        for number in range(self.accounts):
            yield self._account(dice, number)

    def _account(self, dice: random.Random, number: int) -> Account:
        team, purpose, stage = dice.choice(_TEAMS), dice.choice(_PURPOSES), dice.choice(_STAGES)
        created = DAYS * (1 - number / max(self.accounts, 1))
        return Account(
            f"{team}-{purpose}-{stage}-{number + 1}" if number else "ci-pipeline-prod",
            f"{purpose.capitalize()} of the {team} team, {stage}",
            {"team": team, "stage": stage},
            self._rules(dice),
            created,
            _last_use(dice, created),
        )

    def _rules(self, dice: random.Random) -> tuple[tuple[int, int], ...]:
        roles = dice.choices(list(_ROLES), weights=list(_ROLES.values()), k=dice.randint(1, 4))
        return tuple(dict.fromkeys((role, self._place(dice)) for role in roles))

    def _place(self, dice: random.Random) -> int:
        """Mostly projects, now and then a department or a cluster."""
        level = dice.choices((Level.PROJECT, Level.DEPARTMENT, Level.CLUSTER), weights=(80, 15, 5))[0]
        return dice.choice(self._places[level])


def _last_use(dice: random.Random, created: float) -> float | None:
    luck = dice.random()
    if luck < _NEVER_USED:
        return None
    if luck < _NEVER_USED + _STALE and created > 100:
        return dice.uniform(91, created)
    return min(dice.expovariate(1 / 3), created)


def _name(names: tuple[str, ...], number: int) -> str:
    """The names in turn; from the second turn on with a number."""
    turn, place = divmod(number, len(names))
    return names[place] if turn == 0 else f"{names[place]}-{turn + 1}"
