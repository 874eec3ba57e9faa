"""What a page shows when it has nothing, when nothing matches, when it waits, and when the server does not answer."""

import re
from typing import Final

import pytest
from playwright.sync_api import Route, expect

from tests.browser.site import ADMIN, Site
from tests.browser.visiting import Visit, Visits, form_sign_in

LISTS: Final = {
    "/service-accounts": ("**/api/v1/service-accounts?*", "The list could not be loaded"),
    "/access-rules": ("**/api/v1/authorization/access-rules?*", "The list could not be loaded"),
    "/roles": ("**/api/v2/authorization/roles?*", "The list could not be loaded"),
    "/users": ("**/api/v1/users?*", "The list could not be loaded"),
    "/audit-log": ("**/api/v1/audit/log?*", "The list could not be loaded"),
    "/organisation": ("**/api/v1/org-unit/tree?*", "The organisation could not be loaded"),
    "/overview": ("**/api/v1/service-accounts/overview", "The overview could not be made"),
}


def test_an_empty_table_teaches_in_three_steps(visit: Visit) -> None:
    page = visit.accounts()
    expect(page.get_by_role("heading", name="No service accounts yet")).to_be_visible()
    steps = page.get_by_role("main").get_by_role("listitem")
    expect(steps).to_have_count(3)
    visit.button("New service account").click()
    expect(visit.dialog("New service account")).to_be_visible()


@pytest.mark.parametrize("path", LISTS)
def test_a_page_that_the_server_does_not_answer_says_so_and_tries_again(visit: Visit, path: str) -> None:
    pattern, title = LISTS[path]
    page = visit.page
    visit.expect_no_answer()
    page.route(pattern, lambda route: route.abort())
    visit.go(path)
    failed = page.get_by_role("heading", name=title)
    expect(failed).to_be_visible()
    expect(page.get_by_text("Keystead could not be reached. Nothing was changed.")).to_be_visible()
    page.unroute(pattern)
    visit.button("Try again").click()
    expect(failed).to_be_hidden()


def test_an_error_names_the_request_and_keeps_the_filters(visit: Visit) -> None:
    page = visit.page
    visit.expect_refusal(500)

    def fail(route: Route) -> None:
        route.fulfill(
            status=500,
            content_type="application/json",
            headers={"x-request-id": "req-4711"},
            body='{"code": 500, "message": "Something went wrong here."}',
        )

    page.route("**/api/v1/service-accounts?*", fail)
    visit.accounts(q="pipeline", f="enabled%3D%3Dtrue")
    expect(page.get_by_text("Something went wrong here. Nothing was changed.")).to_be_visible()
    expect(page.get_by_text("req-4711")).to_be_visible()
    visit.button("Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "req-4711"
    expect(visit.chip("Status is Enabled")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("pipeline")


def test_a_table_that_matches_nothing_names_the_filter_to_drop(visit: Visit, site: Site) -> None:
    site.account("only-one")
    page = visit.accounts(f="name%3D@only")
    expect(visit.row("only-one")).to_be_visible()
    editor = visit.add_filter("Status")
    editor.get_by_role("radio", name="Disabled", exact=True).check()
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect(page.get_by_role("heading", name="No service account matches")).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("Status")
    visit.button("Remove that filter").click()
    expect(visit.row("only-one")).to_be_visible()
    page.get_by_role("searchbox", name="Search").fill("nothing like it")
    expect(page.get_by_text("nothing like it")).to_be_visible()
    visit.button("Clear all").click()
    expect(visit.row("only-one")).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("")
    expect(page.get_by_role("group", name=re.compile("^Filter:"))).to_have_count(0)


def test_a_page_past_the_end_leads_to_the_first(visit: Visit, site: Site) -> None:
    site.account("at-the-end")
    page = visit.accounts(page="7")
    expect(page.get_by_role("heading", name="This page is past the end")).to_be_visible()
    visit.button("First page").click()
    expect(visit.row("at-the-end")).to_be_visible()


def test_old_rows_stay_while_the_next_are_on_their_way(visit: Visit, site: Site) -> None:
    site.account("stays-1")
    site.account("stays-2")
    page = visit.accounts(q="stays")
    expect(visit.row("stays-1")).to_be_visible()
    before = visit.row("stays-1").bounding_box()
    waiting: list[Route] = []
    page.route("**/api/v1/service-accounts?*", lambda route: waiting.append(route))
    visit.table.get_by_role("columnheader", name="Service account").get_by_role("button").click()
    expect(page.locator(".table-frame")).to_have_class(re.compile("waiting"))
    assert visit.row("stays-1").bounding_box() == before
    waiting[0].continue_()
    expect(page.locator(".table-frame")).not_to_have_class(re.compile("waiting"))
    assert visit.rows() == ["stays-2", "stays-1"]


def test_an_unknown_address_says_so(visit: Visit) -> None:
    answer = visit.page.request.get("/nowhere")
    assert answer.status == 404


def test_a_server_that_is_away_at_the_start_can_be_tried_again(visits: Visits, site: Site) -> None:
    visit = visits(None)
    page = visit.page
    visit.expect_no_answer()
    page.route("**/api/v1/session", lambda route: route.abort())
    page.goto("/service-accounts")
    expect(page.get_by_role("heading", name="Keystead could not be asked who you are")).to_be_visible()
    page.unroute("**/api/v1/session")
    visit.button("Try again").click()
    expect(visit.heading).to_have_text("Sign in")
    form_sign_in(visit, ADMIN)
    expect(visit.heading).to_have_text("Service accounts")


def test_a_secret_that_could_not_be_made_leaves_the_form(visit: Visit, site: Site) -> None:
    page = visit.accounts()
    visit.expect_refusal(503)
    body = '{"code": 503, "message": "The database is busy: try again."}'

    def refuse(route: Route) -> None:
        if route.request.method == "POST":
            route.fulfill(status=503, content_type="application/json", body=body)
        else:
            route.continue_()

    page.route("**/api/v1/service-accounts", refuse)
    visit.button("New service account").click()
    dialog = visit.dialog()
    dialog.get_by_label("Name", exact=True).fill("not-made")
    visit.button("Create").click()
    expect(dialog.get_by_role("alert")).to_have_text("The database is busy: try again.")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("not-made")
    page.unroute("**/api/v1/service-accounts")
    visit.button("Create").click()
    expect(dialog.get_by_role("group", name="Client secret", exact=True)).to_be_visible()
    visit.button("Copy client secret").click()
    visit.button("Done").click()
    assert site.find("not-made") is not None
