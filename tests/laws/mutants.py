"""Takes the guards of the law away, one at a time, and sees whether the play notices.

    python -m tests.laws.mutants [NAME ...]

Each mutant is a copy of the source with one guard removed; `tests/laws` must fail on it. Ends with 1 when one survived.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, NamedTuple

_ROOT: Final = Path(__file__).parents[2]
_EXAMPLES: Final = "200"
_SECONDS: Final = 600


class Mutant(NamedTuple):
    """`guard` stands in `file` exactly once and becomes `gone`. `law` is the number of the sentence."""

    law: str
    name: str
    file: str
    guard: str
    gone: str


MUTANTS: Final = (
    Mutant(
        "1",
        "tokens of a deleted secret live on",
        "credentials/liveness.py",
        "            self.cache.drop(credential_id)",
        "            pass",
    ),
    Mutant(
        "4",
        "a rule reaches the whole tenant",
        "authz/tree.py",
        "    return Range(code, code + _SPAN[level_of(code)] - 1)",
        "    return Range(0, _SPAN[Level.TENANT] - 1)",
    ),
    Mutant(
        "5",
        "a home may be anywhere that can be read",
        "org_units/homes.py",
        "    if not grants.allows(create, scope.code):\n",
        "    if False:\n",
    ),
    Mutant(
        "6",
        "an account out of sight can be changed",
        "service_accounts/actions.py",
        'if row is None or not visibility.shows(row["home_code"]):',
        "if row is None:",
    ),
    Mutant(
        "6",
        "what can be read can be changed",
        "service_accounts/actions.py",
        '    if not grants.allows(permission, row["home_code"]):\n',
        "    if False:\n",
    ),
    Mutant(
        "6",
        "a scope out of sight can be named",
        "org_units/scopes.py",
        "if scope is None or not can_read_scope(grants, scope):",
        "if scope is None:",
    ),
    Mutant(
        "6",
        "an account out of sight can be named in a rule",
        "access_rules/actions.py",
        'if account is None or not grants.allows(_READ_ACCOUNTS, account["home_code"]):',
        "if account is None:",
    ),
    Mutant(
        "7",
        "the list of accounts shows all",
        "service_accounts/listing.py",
        "        conditions = [visible(account.c.home_code, view.accounts)]\n",
        "        conditions: list[Condition] = []\n",
    ),
    Mutant(
        "7",
        "accounts are found by rules out of sight",
        "service_accounts/listing.py",
        "            _alive,\n            visible(rule.c.scope_code, view.rules),\n            or_(",
        "            _alive,\n            or_(",
    ),
    Mutant(
        "7",
        "the list of rules shows all",
        "access_rules/listing.py",
        "            self._conditions(visible(rule.c.scope_code, visibility), query, wanted), query\n",
        "            self._conditions(visible(rule.c.scope_code, EVERYTHING), query, wanted), query\n",
    ),
    Mutant(
        "7",
        "the list of people shows all",
        "users/listing.py",
        "    conditions = [visible(person.c.home_code, visibility)]\n",
        "    conditions: list[Condition] = []\n",
    ),
    Mutant(
        "7",
        "the audit log shows all",
        "audit/store.py",
        "        .where(at >= span.start, at < span.end, visible(code, visibility))\n",
        "        .where(at >= span.start, at < span.end)\n",
    ),
    Mutant(
        "7",
        "why tells of rules out of sight",
        "access_rules/explain.py",
        "tuple(one for one in held.held if asked.is_asker or grants.allows(READ, one.code)),",
        "held.held,",
    ),
    Mutant(
        "8",
        "a rule may give what its author does not hold",
        "access_rules/actions.py",
        "        missing = grants.missing_for(role.mask, scope.code)\n",
        "        missing = 0\n",
    ),
    Mutant(
        "8",
        "a rule may be made without the right",
        "access_rules/actions.py",
        "        if not grants.allows(CREATE, scope.code):\n",
        "        if False:\n",
    ),
    Mutant(
        "8",
        "a role is widened for its holders",
        "roles/actions.py",
        "        if any(grants.missing_for(role.mask, code) for code in given_at):\n",
        "        if False:\n",
    ),
    Mutant(
        "8",
        "people join groups that hold more",
        "users/actions.py",
        'await self._require_all_of(tx, [group_key(name) for name in joined], "add to these groups a user")',
        "pass",
    ),
    Mutant(
        "3",
        "rules that wait are collected by whoever creates the person",
        "users/actions.py",
        'await self._require_all_of(tx, [awaited, *map(group_key, groups)], "create a user")',
        "pass",
    ),
    Mutant(
        "9",
        "an account that holds more is taken over",
        "service_accounts/actions.py",
        "        if not (await tx.grants()).covers(held):\n",
        "        if False:\n",
    ),
    Mutant(
        "9",
        "a person who holds more is taken over",
        "users/actions.py",
        "        if not (await tx.grants()).covers(held):\n",
        "        if False:\n",
    ),
    Mutant(
        "11",
        "the last administrator goes",
        "access_rules/administrators.py",
        "    if had_one and not await has_administrator(tx):\n",
        "    if False:\n",
    ),
    Mutant(
        "13",
        "regenerating keeps the old secrets",
        "service_accounts/actions.py",
        "            await delete_credentials(tx, revoked)\n",
        "",
    ),
)


def main() -> None:
    chosen = [one for one in MUTANTS if len(sys.argv) < 2 or any(word in one.name for word in sys.argv[1:])]
    survived = [one for one in chosen if not _is_noticed(one)]
    print(f"{len(chosen) - len(survived)} of {len(chosen)} noticed")
    sys.exit(bool(survived))


def _is_noticed(mutant: Mutant) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "src"
        shutil.copytree(_ROOT / "src", source, ignore=shutil.ignore_patterns("__pycache__"))
        file = source / "keystead" / mutant.file
        text = file.read_text()
        if text.count(mutant.guard) != 1:
            sys.exit(f"{mutant.name}: the guard stands {text.count(mutant.guard)} times in {mutant.file}")
        file.write_text(_with_import(text.replace(mutant.guard, mutant.gone), mutant.gone))
        started = time.monotonic()
        finished = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-k", "sqlite", "tests/laws/test_laws.py"],
            cwd=_ROOT,
            env=os.environ
            | {"PYTHONPATH": str(source), "HYPOTHESIS_EXAMPLES": _EXAMPLES, "HYPOTHESIS_NO_SHRINK": "1"},
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    noticed = finished.returncode == 1 and "AssertionError" in finished.stdout
    verdict = "noticed" if noticed else f"SURVIVED ({finished.returncode})"
    print(
        f"law {mutant.law:>2}  {mutant.name:60} {verdict} in {time.monotonic() - started:.0f} s", flush=True
    )
    return noticed


def _with_import(text: str, gone: str) -> str:
    if "EVERYTHING" not in gone or "import EVERYTHING" in text:
        return text
    return text.replace(
        "from keystead.authz.visibility import Visibility",
        "from keystead.authz.visibility import EVERYTHING, Visibility",
    )


if __name__ == "__main__":
    main()
