"""What the passing of time does: a session that nobody uses ends, and an old proof of the password is asked again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.api.engines import settings_of
from tests.browser.conftest import FULL
from tests.browser.own_time import SiteWithOwnTime, site_with_own_time
from tests.browser.site import ADMIN, SYSTEM_ADMINISTRATOR, Person, fresh
from tests.browser.visiting import Visit, Visits, form_sign_in
from tests.browsers import App

QUARTER = 15 * 60


@pytest.fixture(scope="module", params=FULL)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def site(engine: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SiteWithOwnTime]:
    """A server a test: each moves the time, or the rules for everybody."""
    with site_with_own_time(tmp_path / "var", settings_of(engine, request)) as site:
        yield site


def test_a_session_that_nobody_uses_ends_at_the_sign_in(visit: Visit, site: SiteWithOwnTime) -> None:
    page = visit.accounts()
    page.get_by_role("link", name="User settings").or_(visit.button(f"{ADMIN.email}, menu")).click()
    page.get_by_role("menuitem", name="User settings").click()
    minutes = page.get_by_label("A session ends after (minutes without use)", exact=True)
    expect(minutes).to_have_value("60")
    minutes.fill("20")
    visit.button("Save").click()
    expect(visit.toast("Sessions end after 20 quiet minutes")).to_be_visible()
    site.clock.pass_seconds(19 * 60)
    page.get_by_role("link", name="Service accounts").click()
    expect(visit.heading).to_have_text("Service accounts")
    site.clock.pass_seconds(21 * 60)
    page.get_by_role("link", name="Roles").click()
    expect(visit.heading).to_have_text("Sign in")
    # The address is kept: whoever signs in is where they wanted to go.
    form_sign_in(visit, ADMIN)
    expect(visit.heading).to_have_text("Roles")


def test_an_old_proof_is_asked_for_inside_the_dialog_before_a_secret_is_made(
    visit: Visit, site: SiteWithOwnTime
) -> None:
    name = fresh("proved")
    page = visit.accounts()
    site.clock.pass_seconds(QUARTER + 1)
    visit.button("New service account").click()
    dialog = visit.dialog("New service account")
    dialog.get_by_label("Name", exact=True).fill(name)
    visit.button("Create").click()
    expect(dialog.get_by_text("Your password was last given more than 15 minutes ago.")).to_be_visible()
    password = dialog.get_by_label("Password", exact=True)
    expect(password).to_be_focused()
    visit.expect_refusal(400)
    password.fill("not the password")
    visit.button("Continue").click()
    expect(dialog.get_by_text("The password is wrong.")).to_be_visible()
    assert site.read("/api/v1/service-accounts") == []
    password.fill(ADMIN.password)
    visit.button("Continue").click()
    expect(dialog.get_by_role("group", name="Client secret")).to_contain_text("ksk_")
    # The proof counts for what comes next, and is asked for in the other dialogs that make secrets.
    visit.button("Copy client secret").click()
    visit.button("Done").click()
    for action, verb in (("Regenerate client secret", "Regenerate"), ("Secrets", "Add secret")):
        site.clock.pass_seconds(QUARTER + 1)
        page.keyboard.press("Escape")
        visit.select(name)
        visit.action(action)
        visit.button(verb).click()
        if verb == "Add secret":
            visit.button("Add secret").click()
        visit.dialog().get_by_label("Password", exact=True).fill(ADMIN.password)
        visit.button("Continue").click()
        expect(visit.dialog().get_by_role("group", name="Client secret")).to_contain_text("ksk_")
        visit.button("Copy client secret").click()
        visit.button("Done").click()


def test_who_gives_up_the_proof_makes_nothing(visit: Visit, site: SiteWithOwnTime) -> None:
    visit.accounts()
    site.clock.pass_seconds(QUARTER + 1)
    visit.button("New service account").click()
    dialog = visit.dialog("New service account")
    dialog.get_by_label("Name", exact=True).fill("given-up")
    visit.button("Create").click()
    expect(dialog.get_by_label("Password", exact=True)).to_be_visible()
    visit.button("Cancel").click()
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("given-up")
    assert site.read("/api/v1/service-accounts") == []


def test_a_second_factor_that_is_required_is_set_up_at_the_next_step(
    visits: Visits, site: SiteWithOwnTime
) -> None:
    person = site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])
    theirs = visits(person)
    theirs.accounts()
    visit = visits()
    visit.expect_refusal(403)
    page = visit.go("/settings")
    page.get_by_role("switch", name="Ask everybody for a second factor").click()
    expect(visit.toast("Everybody is asked for a second factor")).to_be_visible()
    # The administrator is one of everybody.
    expect(visit.heading).to_have_text("Set up a second factor")
    theirs.expect_refusal(403)
    theirs.page.get_by_role("link", name="Users").click()
    theirs.page.reload()
    expect(theirs.heading).to_have_text("Set up a second factor")
    app = enrol(theirs, site)
    expect(theirs.heading).to_have_text("Users")
    sign_in_with_code(visits(None), site, person, app)


def enrol(visit: Visit, site: SiteWithOwnTime) -> App:
    """Sets an authenticator up from what the page shows, and confirms it."""
    page = visit.page
    expect(page.get_by_role("img", name="A picture of the key, for an authenticator to scan")).to_be_visible()
    app = App(page.get_by_role("code").inner_text().replace(" ", ""), site)
    page.get_by_label("Code", exact=True).fill(app.code())
    visit.button("Turn on").click()
    expect(page.get_by_text("The second factor is on.")).to_be_visible()
    visit.button("Done").click()
    return app


def sign_in_with_code(visit: Visit, site: SiteWithOwnTime, person: Person, app: App) -> None:
    site.clock.pass_seconds(60)
    visit.go("/users")
    form_sign_in(visit, person)
    visit.page.get_by_label("Code", exact=True).fill(app.code())
    visit.button("Continue").click()
    expect(visit.heading).to_have_text("Users")
