"""From a phone to a very large screen: nothing runs out of the page, and what one does is at hand."""

from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.site import L1_RESEARCHER, VIEWER, Site
from tests.browser.visiting import Visit, Visits

WIDTHS: Final = (320, 360, 390, 720, 1440, 2560)
PAGES: Final = (
    "/overview",
    "/service-accounts",
    "/access-rules",
    "/roles",
    "/access-keys",
    "/users",
    "/organisation",
    "/audit-log",
    "/settings",
)
LONG: Final = "a-name-that-is-as-long-as-names-may-be-" + "x" * 60


@pytest.fixture(scope="module", autouse=True)
def made(site: Site) -> None:
    site.account("pipeline", [(L1_RESEARCHER, site.place("vision")), (VIEWER, site.tenant)])
    site.account(LONG, [(VIEWER, site.place("vision-train"))], description="Trains the models. " * 20)


def runs_out(visit: Visit) -> int:
    """By how many pixels the page is wider than its window."""
    return int(
        visit.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
            " + Math.max(0, document.body.scrollWidth - document.documentElement.clientWidth)"
        )
    )


def box(locator: Locator) -> dict[str, float]:
    found = locator.bounding_box()
    assert found is not None
    return {"x": found["x"], "y": found["y"], "width": found["width"], "height": found["height"]}


@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_runs_out_of_its_window(visits: Visits, width: int) -> None:
    visit = visits(width=width, height=800)
    wide = {}
    for path in PAGES:
        visit.go(path)
        expect(visit.page.locator(".skeleton")).to_have_count(0)
        visit.page.wait_for_load_state("networkidle")
        if runs_out(visit):
            wide[path] = runs_out(visit)
    assert not wide


@pytest.mark.parametrize("width", [320, 390, 1440])
def test_no_dialog_runs_out_of_its_window(visits: Visits, width: int) -> None:
    visit = visits(width=width, height=800)
    wide = {}
    # A phone has secrets and why in the account itself.
    more = ("Secrets", "Why") if width >= 720 else ()
    for action in ("Access rules", "Regenerate client secret", "Delete", "Disable", *more):
        visit.accounts(q=LONG)
        visit.select(LONG)
        visit.action(action)
        dialog = visit.dialog()
        expect(dialog).to_be_visible()
        if action == "Access rules":
            visit.button("Access rule").click()
            expect(dialog.get_by_role("treeitem").first).to_be_visible()
        edges = box(dialog)
        inside = dialog.evaluate("(dialog) => dialog.scrollWidth - dialog.clientWidth")
        if runs_out(visit) or inside > 0 or edges["x"] < 0 or edges["x"] + edges["width"] > width:
            wide[action] = (runs_out(visit), inside, edges)
    assert not wide


def test_half_a_window_is_what_a_zoom_of_two_hundred_percent_leaves(visits: Visits) -> None:
    visit = visits(width=720, height=450)
    page = visit.accounts(q="pipeline")
    expect(visit.row("pipeline")).to_be_visible()
    for name in ("New service account", "Add filter", "Columns", "More"):
        expect(visit.button(name)).to_be_visible()
    visit.button("New service account").click()
    visit.button("Create").scroll_into_view_if_needed()
    expect(visit.button("Create")).to_be_in_viewport()
    page.keyboard.press("Escape")
    assert runs_out(visit) == 0


def test_a_phone_has_rows_of_two_lines_and_its_actions_at_the_bottom(visits: Visits) -> None:
    visit = visits(width=390, height=844, touch=True)
    page = visit.accounts(q="pipeline")
    row = visit.row("pipeline")
    expect(row).to_be_visible()
    assert box(row)["height"] >= 44
    expect(row).to_contain_text("Viewer")
    bar = page.get_by_role("toolbar", name="Actions on what is selected")
    expect(bar).to_be_hidden()
    before = box(row)
    visit.select("pipeline")
    expect(bar).to_be_visible()
    edges = box(bar)
    assert edges["y"] + edges["height"] == pytest.approx(844, abs=1)
    assert edges["width"] == pytest.approx(390, abs=1)
    assert box(row) == before
    for button in bar.get_by_role("button").all():
        assert box(button)["height"] >= 44, button.inner_text()
    bar.get_by_role("button", name="Access rules", exact=True).tap()
    expect(visit.dialog("Access rules")).to_be_visible()


def test_what_a_finger_presses_on_a_phone_is_large_enough(visits: Visits) -> None:
    """24 px is the least that WCAG 2.2 asks of any target (2.5.8); what one presses most has 44."""
    visit = visits(width=390, height=844, touch=True)
    page = visit.accounts(q="pipeline")
    expect(visit.row("pipeline")).to_be_visible()
    small = [
        f"{button.get_attribute('aria-label') or button.inner_text()}: {box(button)}"
        for button in page.get_by_role("button").or_(page.get_by_role("checkbox")).all()
        if button.is_visible() and min(target(button)) < 24
    ]
    assert not small
    for name in ("Menu", "New service account"):
        assert min(target(visit.button(name))) >= 40, name


def target(locator: Locator) -> tuple[float, float]:
    """The size of what takes the press: a box's label or cell takes it too."""
    size = locator.evaluate(
        """(element) => {
             const taker = element.type === 'checkbox' ? element.closest('td, th, label') ?? element : element;
             const { width, height } = taker.getBoundingClientRect();
             return [width, height];
           }"""
    )
    return float(size[0]), float(size[1])


def test_the_menu_of_a_phone_opens_and_leads(visits: Visits) -> None:
    visit = visits(width=360, height=780, touch=True)
    page = visit.accounts(q="pipeline")
    navigation = page.get_by_role("navigation", name="Pages", exact=True)
    expect(navigation).to_be_hidden()
    visit.button("Menu").tap()
    expect(navigation).to_be_visible()
    navigation.get_by_role("link", name="Roles", exact=True).tap()
    expect(visit.heading).to_have_text("Roles")
    expect(navigation).to_be_hidden()


def test_an_account_fills_the_screen_of_a_phone(visits: Visits) -> None:
    visit = visits(width=390, height=844, touch=True)
    page = visit.accounts(q="pipeline")
    visit.row("pipeline").get_by_role("button", name="pipeline", exact=True).tap()
    drawer = page.get_by_role("complementary", name="pipeline", exact=True)
    expect(drawer).to_be_visible()
    assert box(drawer)["width"] == pytest.approx(390, abs=1)
    assert runs_out(visit) == 0
    visit.button("Close account").tap()
    expect(drawer).to_be_hidden()


def test_a_secret_is_never_cut_on_a_phone(visits: Visits, site: Site) -> None:
    visit = visits(width=360, height=780, touch=True)
    visit.accounts()
    visit.button("New service account").tap()
    visit.dialog().get_by_label("Name", exact=True).fill("on-the-phone")
    visit.button("Create").tap()
    code = visit.dialog().get_by_role("group", name="Client secret", exact=True).get_by_role("code")
    expect(code).to_contain_text("ksk_")
    edges, dialog = box(code), box(visit.dialog())
    assert edges["x"] >= dialog["x"]
    assert edges["x"] + edges["width"] <= dialog["x"] + dialog["width"]
    assert code.evaluate(
        "(code) => code.scrollWidth <= code.clientWidth + 1 && code.scrollHeight <= code.clientHeight + 1"
    )
    visit.button("Copy client secret").tap()
    visit.button("Done").tap()


def test_a_large_screen_gives_its_room_to_the_rules(visits: Visits) -> None:
    visit = visits(width=2560, height=1300)
    visit.accounts(q="pipeline")
    expect(visit.row("pipeline")).to_be_visible()
    widths = {
        name: box(visit.table.get_by_role("columnheader", name=name, exact=True))["width"]
        for name in visit.headers()
    }
    assert max(widths, key=lambda name: widths[name]) == "Access rule(s)"
    assert widths["Last login"] < 200
