"""Signing in and out, as a person does it: password, temporary password, second factor, and what ends a session."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import BOTH
from tests.browser.site import ADMIN, SYSTEM_ADMINISTRATOR, Person, Site
from tests.browser.visiting import Visits, form_sign_in


@pytest.fixture(scope="module", params=BOTH)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_person_signs_in_and_out(visits: Visits) -> None:
    visit = visits(None)
    page = visit.go("/")
    expect(visit.heading).to_have_text("Sign in")
    form_sign_in(visit, ADMIN)
    expect(visit.heading).to_have_text("Service accounts")
    expect(page).to_have_url(f"{visit.site.url}/service-accounts")
    visit.button(f"{ADMIN.email}, menu").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(visit.heading).to_have_text("Sign in")
    page.reload()
    expect(visit.heading).to_have_text("Sign in")


def test_the_cookie_is_out_of_scripts_reach(visits: Visits) -> None:
    visit = visits(None)
    page = visit.go("/")
    form_sign_in(visit, ADMIN)
    expect(visit.heading).to_have_text("Service accounts")
    (cookie,) = visit.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    kept = page.evaluate(
        "() => [document.cookie, JSON.stringify(localStorage), JSON.stringify(sessionStorage)]"
    )
    assert kept[0] == ""
    assert cookie["value"] not in str(kept)


def test_a_wrong_password_is_said_and_the_form_stays(visits: Visits) -> None:
    visit = visits(None)
    page = visit.go("/")
    form_sign_in(visit, Person(ADMIN.email, "not the password"))
    expect(page.get_by_role("alert")).to_have_text("The e-mail or the password is wrong.")
    expect(page.get_by_label("Email", exact=True)).to_have_value(ADMIN.email)
    form_sign_in(visit, ADMIN)
    expect(visit.heading).to_have_text("Service accounts")


def test_a_temporary_password_is_good_for_choosing_another(visits: Visits, site: Site) -> None:
    person = site.person([(SYSTEM_ADMINISTRATOR, site.tenant)], settled=False)
    visit = visits(None)
    page = visit.go("/service-accounts")
    form_sign_in(visit, person)
    expect(visit.heading).to_have_text("Choose a password")
    page.goto("/service-accounts")
    expect(visit.heading).to_have_text("Choose a password")
    page.get_by_label("Current password", exact=True).fill(person.password)
    page.get_by_label("New password", exact=True).fill("short")
    visit.expect_refusal(400)
    visit.button("Set password").click()
    expect(page.get_by_text("The new password must have 8 to 256 characters.")).to_be_visible()
    page.get_by_label("New password", exact=True).fill("a longer password of mine")
    visit.button("Set password").click()
    expect(visit.heading).to_have_text("Service accounts")
