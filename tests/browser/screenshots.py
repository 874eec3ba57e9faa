"""Pictures of the console's main pages, light and dark, with a made-up organisation: `make screenshots`.

python -m tests.browser.screenshots [--into docs/images]
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, expect

from tests.browser.chromium import running_chromium
from tests.browser.large import demo
from tests.browser.site import Site
from tests.browser.visiting import Scheme, Visit
from tests.serving import Server

ACCOUNTS: Final = 1_284
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
SHOWN: Final = "ci-pipeline-prod"
WIDTH: Final = 1440
HEIGHT: Final = 900


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots")
    parser.add_argument("--into", type=Path, default=Path("docs/images"), help="where the pictures go")
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        data_dir = Path(folder) / "var"
        demo(data_dir, ACCOUNTS)
        with Server(data_dir) as server, Site(server.url) as site, running_chromium() as browser:
            _happen(site)
            for scheme in SCHEMES:
                for name, prepare in PICTURES.items():
                    _take(browser, site, prepare, scheme, into / f"{name}-{scheme}.png")
    print(f"{len(PICTURES) * len(SCHEMES)} pictures in {into}")


def _happen(site: Site) -> None:
    """What makes the pages tell something: a second secret, a sign-in with it, and attempts that failed."""
    account = site.find(SHOWN)
    assert account is not None
    path = f"/api/v1/service-accounts/{account['id']}"
    added = site.admin.post(f"{path}/secrets", json={"name": "rotation", "expiresAt": "2030-01-01T00:00:00Z"})
    for _ in range(3):
        site.token(SHOWN, added.json()["clientSecret"])
    attacked = site.account("nightly-report")
    site.admin.post(f"{attacked.path}/secret")
    for _ in range(17):
        site.is_good(attacked.name, attacked.secret)


def _take(
    browser: Browser, site: Site, prepare: Callable[[Visit], None], scheme: Scheme, target: Path
) -> None:
    visit = Visit(browser, site, scheme=scheme, width=WIDTH, height=HEIGHT)
    prepare(visit)
    visit.page.wait_for_load_state("networkidle")
    visit.page.screenshot(path=target)
    visit.leave()


def _table(visit: Visit) -> None:
    visit.accounts()
    visit.table.locator("tbody").get_by_role("checkbox").nth(3).check()


def _account(visit: Visit) -> None:
    visit.accounts(q="ci-pipeline")
    visit.row(SHOWN).get_by_role("button", name=SHOWN, exact=True).click()
    expect(visit.page.get_by_role("heading", name="Recent activity")).to_be_visible()


def _access_rules(visit: Visit) -> None:
    visit.accounts(q=SHOWN)
    visit.select(SHOWN)
    visit.action("Access rules")
    visit.button("Access rule").click()
    expect(visit.dialog().get_by_role("treeitem").first).to_be_visible()


def _overview(visit: Visit) -> None:
    visit.go("/overview")
    expect(visit.page.get_by_role("heading", name="Needs attention")).to_be_visible()


def _audit(visit: Visit) -> None:
    visit.go("/audit-log")
    expect(visit.table.locator("tbody").get_by_role("row").first).to_be_visible()


PICTURES: Final[dict[str, Callable[[Visit], None]]] = {
    "service-accounts": _table,
    "account": _account,
    "access-rules": _access_rules,
    "overview": _overview,
    "audit-log": _audit,
}


if __name__ == "__main__":
    main()
