"""axe finds nothing: on no page, in no drawer, dialog, menu or popover, in light and in dark."""

import re
from collections.abc import Callable
from typing import Final, NamedTuple

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.axe import AXE, violations
from tests.browser.site import L1_RESEARCHER, ROLES, SYSTEM_ADMINISTRATOR, VIEWER, Person, Site
from tests.browser.visiting import Visit, Visits, place_in

State = Callable[[Visit], object]


class Known(NamedTuple):
    """What there is to look at: no test changes it."""

    nobody: Person
    temporary: Person


@pytest.fixture(scope="module")
def known(site: Site) -> Known:
    assert AXE.exists(), "axe-core is not installed: run `make console`"
    vision = site.place("vision")
    site.account("pipeline-used", [(L1_RESEARCHER, vision), (VIEWER, site.tenant), (VIEWER, vision)])
    used = site.account("pipeline-two", [(VIEWER, vision)], description="Trains the models at night.")
    site.token(used.name, used.secret)
    site.admin.post(f"{used.path}/secrets", json={"name": "newer", "expiresAt": "2099-01-01T00:00:00Z"})
    site.admin.patch(site.account("pipeline-off").path, json={"enabled": False})
    role = {
        "name": "Night watch",
        "description": "Looks.",
        "permissions": [{"resourceType": "project", "actions": ["read"]}],
    }
    site.admin.post(ROLES, json=role)
    site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])
    return Known(site.person(), site.person(settled=False))


def table(visit: Visit) -> Page:
    page = visit.accounts(q="pipeline")
    expect(visit.row("pipeline-two")).to_be_visible()
    return page


def acting(action: str, name: str = "pipeline-two") -> State:
    def state(visit: Visit) -> None:
        table(visit)
        visit.select(name)
        visit.action(action)
        expect(visit.dialog()).to_be_visible()

    return state


def going(path: str, *, button: str | None = None) -> State:
    """A page once its list is there, and the dialog behind a button of it."""

    def state(visit: Visit) -> None:
        visit.go(path)
        expect(visit.page.locator(".skeleton")).to_have_count(0)
        if button:
            visit.button(button).click()
            expect(visit.dialog()).to_be_visible()

    return state


def filtering(column: str) -> State:
    def state(visit: Visit) -> None:
        visit.accounts()
        editor = visit.add_filter(column)
        expect(editor.get_by_role("button", name="Apply", exact=True)).to_be_visible()
        expect(visit.page.locator(".mantine-Loader-root")).to_have_count(0)

    return state


def selected(path: str, row: str, action: str | None = None) -> State:
    def state(visit: Visit) -> None:
        visit.go(path)
        visit.select(row)
        if action:
            visit.action(action)
            expect(visit.dialog()).to_be_visible()

    return state


def of_place(entry: str | None = None) -> State:
    def state(visit: Visit) -> None:
        visit.go("/organisation")
        visit.button("Actions for vision").click()
        expect(visit.page.get_by_role("menuitem").first).to_be_visible()
        if entry:
            visit.page.get_by_role("menuitem", name=entry, exact=True).click()
            expect(visit.dialog()).to_be_visible()

    return state


def add_filter(visit: Visit) -> None:
    visit.accounts()
    visit.button("Add filter").click()
    expect(visit.dialog()).to_be_visible()


def chips(visit: Visit) -> None:
    visit.accounts(f="name%3D@pipeline&f=enabled%3D%3Dtrue&f=lastLogin%3D%3Dnever", sort="-createdAt")
    expect(visit.row("pipeline-used")).to_be_visible()


def chip_editor(visit: Visit) -> None:
    chips(visit)
    visit.chip("Status is Enabled").get_by_role("button", name="Enabled", exact=True).click()
    expect(visit.dialog("Filter by Status")).to_be_visible()


def selection(visit: Visit) -> None:
    table(visit)
    visit.select("pipeline-two", "pipeline-off")


def drawer(visit: Visit) -> None:
    page = table(visit)
    visit.row("pipeline-two").get_by_role("button", name="pipeline-two", exact=True).click()
    expect(page.get_by_role("complementary").get_by_role("heading", name="Recent activity")).to_be_visible()


def new_account(visit: Visit) -> None:
    visit.accounts()
    visit.expect_refusal(409)
    visit.button("New service account").click()
    visit.dialog().get_by_text("More options").click()
    visit.dialog().get_by_label("Name", exact=True).fill("pipeline-two")
    visit.button("Create").click()
    expect(visit.dialog().get_by_text(re.compile("This name is taken"))).to_be_visible()


def secret(visit: Visit) -> None:
    """Shown by an answer of our own: an account would change what the other tests see."""
    page = visit.accounts()
    made = '{"id": "1", "name": "shown", "clientId": "shown", "clientSecret": "ksk_0123456789abcdefghij"}'

    def answer(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=201, content_type="application/json", body=made)
        else:
            route.continue_()

    page.route("**/api/v1/service-accounts", answer)
    visit.button("New service account").click()
    visit.dialog().get_by_label("Name", exact=True).fill("shown")
    visit.button("Create").click()
    visit.button("Done").click()
    expect(page.get_by_role("alertdialog")).to_be_visible()


def rule_form(visit: Visit) -> None:
    acting("Access rules")(visit)
    visit.button("Access rule").click()
    form = visit.dialog().get_by_role("region", name="New access rule")
    place_in(form, "atlas").click()
    form.get_by_role("button", name="Open atlas", exact=True).click()
    expect(place_in(form, "vision")).to_be_visible()


def roles_to_choose(visit: Visit) -> None:
    rule_form(visit)
    visit.dialog().get_by_role("combobox", name="Role").click()
    expect(visit.page.get_by_role("option", name="Viewer", exact=True)).to_be_visible()


def deleting_a_rule(visit: Visit) -> None:
    acting("Access rules")(visit)
    visit.button("Delete rule Viewer in vision").click()
    expect(visit.button("Keep")).to_be_visible()


def revoking(visit: Visit) -> None:
    acting("Secrets")(visit)
    visit.dialog().get_by_role("button", name=re.compile("^Revoke")).first.click()
    expect(visit.button("Cancel")).to_be_visible()


def adding_a_secret(visit: Visit) -> None:
    acting("Secrets")(visit)
    visit.button("Add secret").click()
    expect(visit.dialog("Add secret")).to_be_visible()


def why(place: str) -> State:
    def state(visit: Visit) -> None:
        acting("Why")(visit)
        visit.button("Choose a place").click()
        tree = visit.dialog("Choose a place")
        tree.get_by_role("button", name="Open atlas", exact=True).click()
        place_in(tree, place).click()
        visit.dialog().get_by_role("combobox", name="Action").click()
        visit.page.get_by_role("option", name="read", exact=True).click()
        visit.button("Ask").click()
        expect(visit.dialog().get_by_role("status")).to_contain_text("llowed")

    return state


def more_rules(visit: Visit) -> None:
    table(visit)
    visit.row("pipeline-used").get_by_role("button", name="2 more access rules", exact=True).click()
    expect(visit.dialog("Access rules of pipeline-used")).to_be_visible()


def columns(visit: Visit) -> None:
    table(visit)
    visit.button("Columns").click()
    expect(visit.dialog("Columns")).to_be_visible()


def menu(button: str) -> State:
    def state(visit: Visit) -> None:
        table(visit)
        visit.button(button).click()
        expect(visit.page.get_by_role("menuitem").first).to_be_visible()

    return state


def tooltip(visit: Visit) -> None:
    table(visit)
    visit.row("pipeline-two").locator("time").first.hover()
    expect(visit.page.get_by_role("tooltip")).to_be_visible()


def toasts(visit: Visit) -> None:
    menu("More")(visit)
    visit.page.get_by_role("menuitem", name="Copy link to this view").click()
    expect(visit.toast("Link copied")).to_be_visible()


def pressing(key: str) -> State:
    def state(visit: Visit) -> None:
        table(visit)
        visit.press(key)
        expect(visit.dialog()).to_be_visible()

    return state


def role(visit: Visit) -> None:
    page = visit.go("/roles?f=name%3D%3DViewer")
    visit.row("Viewer").get_by_role("button", name="Viewer").click()
    expect(page.get_by_role("table", name="What the role gives")).to_be_visible()


def entry(visit: Visit) -> None:
    page = visit.go("/audit-log")
    visit.table.locator("tbody").get_by_role("row").first.get_by_role("button").click()
    expect(page.get_by_role("complementary", name="Entry", exact=True)).to_be_visible()


def live(visit: Visit) -> None:
    page = visit.go("/audit-log")
    page.get_by_role("switch", name="Live").check(force=True)
    expect(page.get_by_text("Waiting for what happens.")).to_be_visible()


def loading(visit: Visit) -> None:
    visit.page.route("**/api/v1/service-accounts?*", lambda _route: None)
    visit.accounts()
    expect(visit.page.locator("table.skeleton")).to_be_visible()


def failed(visit: Visit) -> None:
    visit.expect_no_answer()
    visit.page.route("**/api/v1/service-accounts?*", lambda route: route.abort())
    visit.accounts()
    expect(visit.button("Try again")).to_be_visible()


def no_match(visit: Visit) -> None:
    visit.accounts(q="nothing-like-it", f="enabled%3D%3Dtrue")
    expect(visit.page.get_by_role("heading", name="No service account matches")).to_be_visible()


def gone(visit: Visit) -> None:
    visit.expect_refusal(404)
    visit.go("/service-accounts?open=00000000-0000-4000-8000-000000000000")
    expect(visit.page.get_by_role("heading", name="This account is gone")).to_be_visible()


def second_factor(visit: Visit) -> None:
    visit.go("/settings")
    visit.button("Set up").click()
    expect(visit.dialog().get_by_role("img", name=re.compile("A picture"))).to_be_visible()


def folded(visit: Visit) -> None:
    table(visit)
    visit.press("[")


def users_groups(visit: Visit) -> None:
    visit.go("/users")
    visit.table.locator("tbody").get_by_role("checkbox").nth(1).check()
    visit.action("Groups")
    expect(visit.dialog("Groups")).to_be_visible()


STATES: Final[dict[str, State]] = {
    "service accounts": table,
    "a selection": selection,
    "chips": chips,
    "the editor of a chip": chip_editor,
    "add filter": add_filter,
    **{
        f"a filter by {column}": filtering(column)
        for column in (
            "Service account",
            "Access rule(s): role",
            "Access rule(s): scope",
            "Access rule(s): number",
            "Last login",
            "Created by",
            "Status",
            "Secret age",
        )
    },
    "columns": columns,
    "more": menu("More"),
    "the person's menu": menu("admin@keystead.local, menu"),
    "more rules": more_rules,
    "a tooltip": tooltip,
    "a message": toasts,
    "a folded bar": folded,
    "an account": drawer,
    "an account that is gone": gone,
    "new service account": new_account,
    "a secret": secret,
    "access rules of an account": acting("Access rules"),
    "a new rule": rule_form,
    "roles to choose": roles_to_choose,
    "a rule's end": deleting_a_rule,
    "regenerate": acting("Regenerate client secret"),
    "disable": acting("Disable"),
    "delete": acting("Delete"),
    "secrets": revoking,
    "add secret": adding_a_secret,
    "why, allowed": why("vision"),
    "why, not allowed": why("speech"),
    "go to": pressing("Control+k"),
    "keys": pressing("?"),
    "overview": going("/overview"),
    "access rules": going("/access-rules"),
    "new access rule": going("/access-rules", button="New access rule"),
    "roles": going("/roles"),
    "a role": role,
    "new role": going("/roles", button="New role"),
    "a role's end": selected("/roles", "Night watch", "Delete"),
    "access keys, none yet": going("/access-keys"),
    "users": going("/users"),
    "new user": going("/users", button="New user"),
    "groups": users_groups,
    "organisation": going("/organisation"),
    "a place's menu": of_place(),
    "a new place": of_place("New project"),
    "a place's new name": of_place("Rename"),
    "a place's end": of_place("Delete"),
    "audit log": going("/audit-log"),
    "an entry": entry,
    "live": live,
    "settings": going("/settings"),
    "a second factor": second_factor,
    "loading": loading,
    "no answer": failed,
    "no match": no_match,
}


def check(visit: Visit) -> None:
    found = violations(visit.page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(visit: Visit, known: Known, state: str) -> None:
    STATES[state](visit)
    check(visit)


def test_axe_finds_nothing_at_the_sign_in(visits: Visits, known: Known) -> None:
    visit = visits(None)
    visit.go("/")
    visit.page.get_by_label("Email", exact=True).fill("nobody@example.org")
    visit.page.get_by_label("Password", exact=True).fill("wrong password")
    visit.button("Sign in").click()
    expect(visit.page.get_by_role("alert")).to_contain_text("wrong")
    check(visit)


def test_axe_finds_nothing_where_a_temporary_password_leads(visits: Visits, known: Known) -> None:
    visit = visits(known.temporary)
    visit.go("/")
    expect(visit.heading).to_have_text("Choose a password")
    check(visit)


def test_axe_finds_nothing_where_one_may_not_go(visits: Visits, known: Known) -> None:
    visit = visits(known.nobody)
    visit.accounts()
    expect(visit.page.get_by_role("heading", name="You may not see service accounts")).to_be_visible()
    check(visit)


def small_menu(visit: Visit) -> None:
    table(visit)
    visit.button("Menu").click()
    expect(visit.page.get_by_role("navigation", name="Pages", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    "state", [selection, drawer, small_menu, rule_form, chips], ids=lambda state: state.__name__
)
def test_axe_finds_nothing_on_a_phone(visits: Visits, known: Known, state: State) -> None:
    visit = visits(width=390, height=844, touch=True)
    state(visit)
    check(visit)
