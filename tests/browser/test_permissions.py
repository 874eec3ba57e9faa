"""A department administrator gets a whole, smaller console; who may nothing is told which role would help."""

import re
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import expect

from tests.browser.site import (
    DEPARTMENT_ADMINISTRATOR,
    L1_RESEARCHER,
    VIEWER,
    Account,
    Person,
    Site,
)
from tests.browser.visiting import Visits, place_in

PAGES: Final = {
    "/overview": "service accounts",
    "/service-accounts": "service accounts",
    "/access-rules": "access rules",
    "/roles": "roles",
    "/users": "users",
    "/organisation": "the organisation",
    "/audit-log": "the audit log",
}


class Department(NamedTuple):
    """The department vision: who looks after it, and what lies in it and beside it."""

    head: Person
    reader: Person
    inside: Account
    outside: Account


@pytest.fixture(scope="module")
def department(site: Site) -> Department:
    vision = site.place("vision")
    head, reader = site.person([(DEPARTMENT_ADMINISTRATOR, vision)]), site.person([(VIEWER, vision)])
    rules = [(L1_RESEARCHER, vision), (VIEWER, site.place("speech"))]
    inside = site.account("inside-vision", rules, home=vision)
    outside = site.account("outside-vision", rules)
    return Department(head, reader, inside, outside)


def test_the_navigation_has_what_one_may_read(visits: Visits, department: Department) -> None:
    visit = visits(department.head)
    page = visit.accounts()
    links = page.get_by_role("navigation", name="Pages", exact=True).get_by_role("link").all_inner_texts()
    assert "Service accounts" in links
    assert "Users" in links
    assert "Audit log" not in links
    expect(page.get_by_text("Reaches vision").first).to_be_visible()


def test_only_what_lies_in_the_department_is_seen(visits: Visits, department: Department) -> None:
    visit = visits(department.head)
    page = visit.accounts()
    expect(visit.row("inside-vision")).to_be_visible()
    assert visit.rows() == ["inside-vision"]
    # A rule beside the department is no business of its head.
    expect(visit.row("inside-vision")).to_contain_text("vision")
    expect(visit.row("inside-vision")).not_to_contain_text("speech")
    page.get_by_role("searchbox", name="Search").fill("outside")
    expect(page.get_by_role("heading", name="No service account matches")).to_be_visible()
    visit.expect_refusal(404)
    visit.go(f"/service-accounts?open={department.outside.id}")
    expect(page.get_by_role("heading", name="This account is gone")).to_be_visible()
    visit.go("/organisation")
    expect(page.get_by_text("vision-train", exact=True)).to_be_visible()
    expect(page.get_by_text("speech", exact=True)).to_have_count(0)


def test_the_head_of_a_department_makes_accounts_and_rules_there(
    visits: Visits, department: Department, site: Site
) -> None:
    visit = visits(department.head)
    visit.accounts()
    visit.button("New service account").click()
    dialog = visit.dialog()
    dialog.get_by_label("Name", exact=True).fill("made-in-vision")
    visit.button("Create").click()
    visit.button("Copy client secret").click()
    visit.button("Done").click()
    made = site.find("made-in-vision")
    assert made is not None
    assert made["scopeId"] == site.place("vision").id
    visit.select("made-in-vision")
    visit.action("Access rules")
    visit.button("Access rule").click()
    form = visit.dialog().get_by_role("region", name="New access rule")
    expect(place_in(form, "vision")).to_be_visible()
    expect(form.get_by_role("treeitem", name=re.compile("speech|borealis"))).to_have_count(0)


def test_who_may_only_read_is_offered_no_change(visits: Visits, department: Department) -> None:
    visit = visits(department.reader)
    page = visit.go("/organisation")
    visit.button("Actions for vision").click()
    expect(page.get_by_role("menuitem")).to_have_text(["Service accounts with rules here"])


def test_a_change_that_a_row_does_not_allow_is_not_offered(visits: Visits, site: Site) -> None:
    """Somebody who may read accounts and rules, and change nothing."""
    permissions = [
        {"resourceType": "service-account", "actions": ["read"]},
        {"resourceType": "access_rules", "actions": ["read"]},
        {"resourceType": "roles", "actions": ["read"]},
        {"resourceType": "users", "actions": ["read"]},
    ]
    body = {"name": "Onlooker", "description": "Reads.", "permissions": permissions}
    role = site.admin.post("/api/v2/authorization/roles", json=body).json()["id"]
    account = site.account("looked-at", [(VIEWER, site.place("vision"))])
    visit = visits(site.person([(role, site.tenant)]))
    page = visit.accounts()
    expect(visit.button("New service account")).to_have_count(0)
    visit.select(account.name)
    toolbar = page.get_by_role("toolbar")
    offered = [text.split("\n")[0].strip() for text in toolbar.get_by_role("button").all_inner_texts()]
    assert offered == ["Access rules", "Secrets", "Why", "Clear"]
    visit.action("Access rules")
    expect(visit.dialog().get_by_text("Viewer in vision")).to_be_visible()
    expect(visit.dialog().get_by_role("button", name="Access rule", exact=True)).to_have_count(0)
    expect(visit.dialog().get_by_role("button", name=re.compile("Delete rule"))).to_have_count(0)
    visit.button("Close").click()
    visit.action("Secrets")
    expect(visit.dialog().get_by_role("listitem")).to_have_count(1)
    expect(visit.dialog().get_by_role("button", name=re.compile("Revoke|Add secret"))).to_have_count(0)
    visit.button("Close").click()
    # The keys of actions that are not offered do nothing.
    visit.row(account.name).focus()
    visit.press("r", "e", "Delete")
    expect(visit.dialog()).to_have_count(0)
    for path, button in (
        ("/access-rules", "New access rule"),
        ("/roles", "New role"),
        ("/users", "New user"),
    ):
        visit.go(path)
        expect(visit.table).to_be_visible()
        expect(visit.button(button)).to_have_count(0)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_that_one_may_not_see_says_which_role_would_help(
    visits: Visits, site: Site, path: str
) -> None:
    visit = visits(nobody(site))
    page = visit.go(path)
    title = page.get_by_role("heading", name=f"You may not see {PAGES[path]}")
    expect(title).to_be_visible()
    expect(page.get_by_text("An administrator can give you")).to_be_visible()
    visit.button("Copy request").click()
    expect(visit.toast("Request copied")).to_be_visible()
    request = page.evaluate("navigator.clipboard.readText()")
    assert request.startswith(f"I need to see {PAGES[path]} in Keystead")


_nobody: dict[str, Person] = {}


def nobody(site: Site) -> Person:
    """Somebody who holds nothing; one for all pages."""
    if site.url not in _nobody:
        _nobody[site.url] = site.person()
    return _nobody[site.url]


def test_who_holds_nothing_still_has_their_settings(visits: Visits, site: Site) -> None:
    visit = visits(nobody(site))
    page = visit.go("/settings")
    expect(page.get_by_role("heading", name="Password")).to_be_visible()
    expect(page.get_by_role("heading", name="Everybody's sign-in")).to_have_count(0)
    expect(page.get_by_text("Reaches nothing yet")).to_be_visible()
