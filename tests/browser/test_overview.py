"""The overview: its numbers are right, and each leads to the table that shows it."""

import re
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import FULL
from tests.browser.site import DEPARTMENT_ADMINISTRATOR, VIEWER, Account, Site
from tests.browser.visiting import Visit, Visits


class Known(NamedTuple):
    """All that there is, so that every number is known. The server remembers an overview for a minute."""

    never: Account
    used: Account
    expiring: Account
    attacked: Account


@pytest.fixture(scope="module", params=FULL)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def known(site: Site) -> Known:
    never, used = site.account("never-used"), site.account("used", [(VIEWER, site.place("vision"))])
    site.token(used.name, used.secret)
    expiring = site.account("expiring", [(VIEWER, site.place("ops"))])
    soon = datetime.now(UTC) + timedelta(days=7)
    site.admin.post(f"{expiring.path}/secrets", json={"expiresAt": soon.isoformat()})
    attacked = site.account("attacked", [(VIEWER, site.tenant)], home=site.place("vision"))
    site.admin.post(f"{attacked.path}/secret")
    for _ in range(5):
        assert not site.is_good(attacked.name, attacked.secret)
    return Known(never, used, expiring, attacked)


@pytest.mark.parametrize(
    ("what", "number", "chip", "names"),
    [
        ("accounts never used", 3, "Last login is never", ["attacked", "expiring", "never-used"]),
        ("accounts without access rules", 1, "Access rule(s): number is 0", ["never-used"]),
        (
            "accounts have a secret that expires within 30 days",
            1,
            "Secret expires before in 30 days",
            ["expiring"],
        ),
    ],
)
def test_a_number_leads_to_the_accounts_that_it_counts(
    visit: Visit, known: Known, what: str, number: int, chip: str, names: list[str]
) -> None:
    page = visit.go("/overview")
    row = page.get_by_role("listitem").filter(has_text=what)
    expect(row).to_contain_text(re.compile(rf"^{number}\D"))
    row.get_by_role("link", name=f"Show accounts: {what}", exact=True).click()
    expect(visit.heading).to_have_text("Service accounts")
    expect(visit.chip(chip)).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text(f"{number} of 4 service accounts")
    assert sorted(visit.rows()) == names


def test_what_nothing_is_wrong_with_leads_nowhere(visit: Visit, known: Known) -> None:
    page = visit.go("/overview")
    for what in ("accounts unused for 90 days", "accounts have a secret older than a year"):
        row = page.get_by_role("listitem").filter(has_text=what)
        expect(row).to_contain_text(re.compile(r"^0\D"))
        expect(row.get_by_role("link")).to_have_count(0)


def test_failed_sign_ins_of_today_lead_to_the_account(visit: Visit, known: Known) -> None:
    page = visit.go("/overview")
    row = page.get_by_role("listitem").filter(has_text="failed sign-ins by attacked today")
    expect(row).to_contain_text(re.compile(r"^5\D"))
    expect(row).to_contain_text("Last from 127.0.0.1")
    row.get_by_role("link").click()
    drawer = page.get_by_role("complementary", name="attacked", exact=True)
    expect(drawer).to_contain_text("5 failed sign-ins")


def test_the_figures_say_what_there_is(visit: Visit, known: Known) -> None:
    page = visit.go("/overview")
    figures = page.get_by_role("main").get_by_role("definition")
    expect(figures.first).to_have_text("4")
    for name, value in (("Failed sign-ins today", "5"), ("Tokens issued today", "1")):
        figure = page.get_by_role("term").filter(has_text=name).locator("xpath=..")
        expect(figure).to_contain_text(f"{name}{value}")
    expect(page.get_by_role("img", name="Tokens a day: 1 on the last day")).to_be_visible()
    latest = (
        page.get_by_role("main")
        .get_by_role("listitem")
        .filter(has_text="Client secret of attacked regenerated")
    )
    expect(latest).to_be_visible()


def test_a_department_sees_its_own_numbers(visits: Visits, known: Known, site: Site) -> None:
    visit = visits(site.person([(DEPARTMENT_ADMINISTRATOR, site.place("vision"))]))
    page = visit.go("/overview")
    expect(page.get_by_text("Everything in vision")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("definition").first).to_have_text("1")
    expect(page.get_by_role("listitem").filter(has_text="failed sign-ins by attacked today")).to_be_visible()
    row = page.get_by_role("listitem").filter(has_text="accounts never used")
    row.get_by_role("link").click()
    expect(visit.row("attacked")).to_be_visible()
    assert visit.rows() == ["attacked"]
