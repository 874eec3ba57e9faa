"""cedarpy and casbin, deciding. Run by `bench.decisions` in the peers' environment; it says "go", this answers a line.

Each is modelled in the way that is quickest for it, of those that its documentation has:

- Cedar: a policy a role, `resource in principal.<role>`, where that attribute is the set of scopes in which the subject
  has the role; policies and entities are parsed once and handed over as handles.
- casbin: roles in domains (`g = _, _, _`, a domain is a scope), a policy a permission of a role; `FastEnforcer` looks
  only at policies of the resource and action. It knows no tree here: each scope from the project upwards is asked
  about.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import casbin
import cedarpy

from bench.decision_world import Question, World, read_world

Decide = Callable[[Question], bool]


def main() -> None:
    decider, path, calls = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    world = read_world(path)
    begun = time.perf_counter()
    decide = {"cedarpy": _cedar, "casbin": _casbin}[decider](world)
    loaded = time.perf_counter() - begun
    questions = world.questions[:calls]
    print(json.dumps({"loaded": loaded, "answers": [decide(one) for one in questions]}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(_round(decide, questions)), flush=True)


def _round(decide: Decide, questions: list[Question]) -> list[float]:
    """How long each took, in microseconds."""
    took = []
    for question in questions:
        begun = time.perf_counter_ns()
        decide(question)
        took.append((time.perf_counter_ns() - begun) / 1000)
    return took


def _cedar(world: World) -> Decide:
    policies = cedarpy.PolicySet.from_str("\n".join(_policy(role) for role in world.roles))
    entities = cedarpy.Entities.from_json_str(json.dumps(_entities(world)))

    def decide(question: Question) -> bool:
        request = {
            "principal": f'Subject::"{question.subject}"',
            "action": f'Action::"{question.action} {question.resource}"',
            "resource": f'Scope::"{question.project}"',
            "context": {},
        }
        return bool(cedarpy.is_authorized(request, policies, entities).allowed)

    return decide


def _policy(role: str) -> str:
    return (
        f'permit(principal, action in Action::"{role}", resource) '
        f"when {{ principal has {role} && resource in principal.{role} }};"
    )


def _entities(world: World) -> list[object]:
    roles_of: dict[str, list[str]] = {}
    for role, permissions in world.roles.items():
        for permission in permissions:
            roles_of.setdefault(permission, []).append(role)
    return [
        *(_entity("Action", role) for role in world.roles),
        *(_entity("Action", permission, roles) for permission, roles in roles_of.items()),
        _entity("Scope", "tenant"),
        *(_entity("Scope", scope, [parent]) for scope, parent in world.parents.items()),
        *(_entity("Subject", subject, (), _held(world, subject)) for subject in world.rules),
    ]


def _held(world: World, subject: str) -> dict[str, object]:
    held: dict[str, list[object]] = {}
    for role, scope in world.rules[subject]:
        held.setdefault(role, []).append({"__entity": {"type": "Scope", "id": scope}})
    return dict(held)


def _entity(
    kind: str, name: str, parents: Iterable[str] = (), attributes: dict[str, object] | None = None
) -> object:
    return {
        "uid": {"type": kind, "id": name},
        "attrs": attributes or {},
        "parents": [{"type": kind, "id": parent} for parent in parents],
    }


_MODEL = """\
[request_definition]
r = sub, obj, act, dom
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.obj == p.obj && r.act == p.act && g(r.sub, p.sub, r.dom)
"""


def _casbin(world: World) -> Decide:
    policy = [
        f"p, {role}, {permission.partition(' ')[2]}, {permission.partition(' ')[0]}"
        for role, permissions in world.roles.items()
        for permission in permissions
    ]
    grants = [
        f"g, {subject}, {role}, {scope}" for subject, held in world.rules.items() for role, scope in held
    ]
    with tempfile.TemporaryDirectory() as folder:
        model, rules = Path(folder) / "model.conf", Path(folder) / "rules.csv"
        model.write_text(_MODEL)
        rules.write_text("\n".join((*policy, *grants)))
        # By resource and action, which stand in the same places of requests and policies.
        enforcer = casbin.FastEnforcer(str(model), str(rules), cache_key_order=[1, 2])

    def decide(question: Question) -> bool:
        scope: str | None = question.project
        while scope is not None:
            if enforcer.enforce(question.subject, question.resource, question.action, scope):
                return True
            scope = world.parents.get(scope)
        return False

    return decide


if __name__ == "__main__":
    main()
