"""An organisation and questions about it, the same for all who decide.

Nothing but the standard library, since peers read it from an environment of their own.
"""

import json
import random
from pathlib import Path
from typing import Final, NamedTuple

_CLUSTERS: Final = 5
_DEPARTMENTS: Final = 250
_RULES_EACH: Final = 3


class Rule(NamedTuple):
    role: str
    scope: str


class Question(NamedTuple):
    subject: str
    action: str
    resource: str
    project: str


class World(NamedTuple):
    """`parents`: of each scope, the one above it. `roles`: of each, its permissions as "action resource"."""

    parents: dict[str, str]
    roles: dict[str, list[str]]
    rules: dict[str, list[Rule]]
    questions: list[Question]

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self))


def read_world(path: Path) -> World:
    parents, roles, rules, questions = json.loads(path.read_text())
    return World(
        parents,
        roles,
        {subject: [Rule(*one) for one in held] for subject, held in rules.items()},
        [Question(*one) for one in questions],
    )


def make_world(roles: dict[str, list[str]], subjects: int, projects: int, questions: int) -> World:
    """Made up by a seeded dice. Of the questions half are about a place that a rule of the subject reaches."""
    dice = random.Random(f"keystead {subjects}")
    parents = {f"cluster-{number}": "tenant" for number in range(_CLUSTERS)}
    parents |= {f"department-{number}": f"cluster-{number % _CLUSTERS}" for number in range(_DEPARTMENTS)}
    parents |= {f"project-{number}": f"department-{number % _DEPARTMENTS}" for number in range(projects)}
    names = sorted(roles)
    rules = {
        f"subject-{number}": [Rule(dice.choice(names), _scope(dice, projects)) for _ in range(_RULES_EACH)]
        for number in range(subjects)
    }
    actions = sorted({permission for held in roles.values() for permission in held})
    return World(parents, roles, rules, [_question(dice, rules, actions, projects) for _ in range(questions)])


def _scope(dice: random.Random, projects: int) -> str:
    level = dice.choices(("project", "department", "cluster"), weights=(80, 15, 5))[0]
    return f"{level}-{dice.randrange({'project': projects, 'department': _DEPARTMENTS, 'cluster': _CLUSTERS}[level])}"


def _question(
    dice: random.Random, rules: dict[str, list[Rule]], actions: list[str], projects: int
) -> Question:
    subject = f"subject-{dice.randrange(len(rules))}"
    action, _, resource = dice.choice(actions).partition(" ")
    scope = dice.choice(rules[subject]).scope if dice.random() < 0.5 else ""
    project = scope if scope.startswith("project") else f"project-{dice.randrange(projects)}"
    return Question(subject, action, resource, project)
