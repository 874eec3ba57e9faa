"""The table of service accounts: columns, filters, search, order, pages, the address, the file, the selection."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.conftest import FULL
from tests.browser.site import (
    ACCOUNTS,
    DEPARTMENT_ADMINISTRATOR,
    L1_RESEARCHER,
    SYSTEM_ADMINISTRATOR,
    VIEWER,
    Account,
    Person,
    Site,
)
from tests.browser.visiting import Visit, Visits, place_in
from tests.browsers import signed_in

COLUMNS: Final = [
    "Service account",
    "Client ID",
    "Access rule(s)",
    "Last login",
    "Created by",
    "Creation time",
    "Last updated",
]
OPTIONAL: Final = ["Status", "Secret age", "Secret expires", "Home", "ID"]
CROWD: Final = 56


class Crowd(NamedTuple):
    """What the tests of this module look at, and none of them changes."""

    site: Site
    dana: Person
    used: Account
    expiring: Account

    def all(self) -> list[str]:
        found = self.site.read(ACCOUNTS, limit="500", sortBy="name")
        return [one["name"] for one in found]


@pytest.fixture(scope="module", params=FULL)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def crowd(site: Site) -> Crowd:
    for number in range(CROWD):
        site.account(f"crowd-{number:02}")
    used = site.account("pipeline-used", [(L1_RESEARCHER, site.place("vision"))])
    site.token(used.name, used.secret)
    site.account("pipeline-wide", [(VIEWER, site.tenant), (L1_RESEARCHER, site.place("borealis"))])
    site.account("pipeline-deep", [(DEPARTMENT_ADMINISTRATOR, site.place("vision-train"))])
    site.account("pipeline-home", home=site.place("speech"))
    site.admin.patch(site.account("pipeline-off").path, json={"enabled": False})
    expiring = site.account("pipeline-expiring")
    secret = {"name": "second", "expiresAt": "2099-01-01T00:00:00Z"}
    site.admin.post(f"{expiring.path}/secrets", json=secret)
    dana = site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])
    with signed_in(site.url, dana.email, dana.password) as client:
        assert client.post(ACCOUNTS, json={"name": "made-by-dana"}).status_code == 201
    return Crowd(site, dana, used, expiring)


def expect_rows(visit: Visit, *names: str) -> None:
    """Exactly these, in this order."""
    rows = visit.table.locator("tbody").get_by_role("row")
    expect(rows).to_have_count(len(names))
    for at, name in enumerate(names):
        expect(rows.nth(at)).to_have_accessible_name(name)


# Columns


def test_the_table_has_the_seven_columns_by_their_names(visit: Visit, crowd: Crowd) -> None:
    visit.accounts(q=crowd.used.name)
    expect(visit.row(crowd.used.name)).to_be_visible()
    assert visit.headers() == COLUMNS
    row = crowd.site.find(crowd.used.name)
    assert row is not None
    cells = [visit.column(at)[0].strip() for at in range(len(COLUMNS))]
    assert cells[:2] == [crowd.used.name, crowd.used.name]
    assert "L1 researcher" in cells[2]
    assert "vision" in cells[2]
    assert cells[3:5] == ["Just now", row["createdBy"]] or cells[3].endswith("min ago")
    assert cells[4] == row["createdBy"]
    expect(visit.row(crowd.used.name).get_by_role("img", name="Department")).to_be_visible()


def test_columns_are_chosen_ordered_and_remembered(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts(q=crowd.used.name)
    expect(visit.row(crowd.used.name)).to_be_visible()
    visit.button("Columns").click()
    menu = visit.dialog("Columns")
    # The name is never hidden.
    expect(menu.get_by_role("checkbox", name="Service account", exact=True)).to_be_disabled()
    for optional in OPTIONAL:
        menu.get_by_role("checkbox", name=optional, exact=True).check()
    menu.get_by_role("checkbox", name="Created by", exact=True).uncheck()
    menu.get_by_role("button", name="Move Last login up", exact=True).click()
    page.keyboard.press("Escape")
    expect(menu).to_be_hidden()
    expect(visit.button("Columns")).to_be_focused()
    wanted = [
        "Service account",
        "Client ID",
        "Last login",
        "Access rule(s)",
        "Creation time",
        "Last updated",
        *OPTIONAL,
    ]
    assert visit.headers() == wanted
    assert visit.column(6) == ["Enabled"]
    assert visit.column(7) == ["less than a minute"] or visit.column(7)[0].endswith("min")
    assert visit.column(8) == ["Never"]
    assert visit.column(10)[0].strip() == crowd.used.id
    page.reload()
    expect(visit.row(crowd.used.name)).to_be_visible()
    assert visit.headers() == wanted
    visit.button("Columns").click()
    visit.button("Reset columns").click()
    page.keyboard.press("Escape")
    assert visit.headers() == COLUMNS


def test_a_moment_says_local_and_utc_in_its_tooltip(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts(q=crowd.used.name)
    visit.row(crowd.used.name).get_by_text("ago").or_(
        visit.row(crowd.used.name).get_by_text("Just now")
    ).first.hover()
    row = crowd.site.find(crowd.used.name)
    assert row is not None
    moment = row["lastLogin"][:19].replace("T", " ")
    expect(page.get_by_role("tooltip")).to_contain_text(f"{moment} UTC")
    expect(page.get_by_role("tooltip")).to_contain_text("local")


def test_the_rules_that_do_not_fit_are_one_press_away(visit: Visit, crowd: Crowd) -> None:
    visit.accounts(q="pipeline-wide")
    row = visit.row("pipeline-wide")
    # The broadest first.
    expect(row.get_by_role("img", name="Tenant")).to_be_visible()
    row.get_by_role("button", name="1 more access rules", exact=True).click()
    rules = visit.dialog("Access rules of pipeline-wide").get_by_role("listitem")
    expect(rules).to_have_count(2)
    expect(rules.nth(0)).to_contain_text("Viewer")
    expect(rules.nth(1)).to_contain_text("borealis")


# Order


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Client ID", "clientId"),
        ("Access rule(s)", "accessRules"),
        ("Last login", "lastLogin"),
        ("Created by", "createdBy"),
        ("Creation time", "createdAt"),
        ("Last updated", "updatedAt"),
        ("Service account", "name"),
    ],
)
def test_a_click_on_a_header_sorts_and_another_turns_it_round(
    visit: Visit, crowd: Crowd, column: str, field: str
) -> None:
    page = visit.accounts(sort="createdAt" if field == "name" else "name")
    header = visit.table.get_by_role("columnheader", name=column, exact=True)
    expect(header).to_have_attribute("aria-sort", "none")
    for direction in ("ascending", "descending"):
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", direction)
        expect(page.locator(".table-frame.waiting")).to_have_count(0)
        found = crowd.site.read(ACCOUNTS, limit="50", sortBy=field, sortOrder=direction[:-6])
        assert visit.rows() == [one["name"] for one in found]


# Search


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("CROWD-07", ["crowd-07"]),
        ("pipeline-d", ["pipeline-deep"]),
        ("borealis", ["pipeline-wide"]),
        ("department administrator", ["pipeline-deep"]),
    ],
)
def test_the_table_is_searched_as_one_types(visit: Visit, crowd: Crowd, text: str, found: list[str]) -> None:
    page = visit.accounts()
    page.get_by_role("searchbox", name="Search").press_sequentially(text, delay=5)
    expect_rows(visit, *found)
    expect(page.get_by_role("main").get_by_role("status").first).to_contain_text("1 of 63 service accounts")
    assert parse_qs(urlsplit(page.url).query)["q"] == [text]
    visit.button("Clear search").click()
    expect(visit.table.locator("tbody").get_by_role("row")).to_have_count(50)


def test_a_search_finds_who_made_an_account(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts()
    page.get_by_role("searchbox", name="Search").fill(crowd.dana.email)
    expect_rows(visit, "made-by-dana")


# Filters


def type_value(text: str) -> Callable[[Locator], None]:
    return lambda editor: editor.get_by_role("textbox").fill(text)


def choose_box(*labels: str) -> Callable[[Locator], None]:
    def choose(editor: Locator) -> None:
        for label in labels:
            editor.get_by_role("checkbox", name=label, exact=True).check()

    return choose


def choose_one(label: str) -> Callable[[Locator], None]:
    return lambda editor: editor.get_by_role("radio", name=label, exact=True).check()


def choose_place(*path: str) -> Callable[[Locator], None]:
    """Opens the tree down to a place, and picks it."""

    def choose(editor: Locator) -> None:
        for above in path[:-1]:
            editor.get_by_role("button", name=f"Open {above}", exact=True).click()
        place_in(editor, path[-1]).click()

    return choose


def nothing(_editor: Locator) -> None:
    pass


PIPELINES: Final = [
    "pipeline-deep",
    "pipeline-expiring",
    "pipeline-home",
    "pipeline-off",
    "pipeline-used",
    "pipeline-wide",
]


class Wish(NamedTuple):
    column: str
    operator: str
    fill: Callable[[Locator], None]
    chip: str
    found: list[str]


WISHES: Final = [
    Wish("Service account", "contains", type_value("e-de"), "e-de", ["pipeline-deep"]),
    Wish("Service account", "is", type_value("pipeline-off"), "pipeline-off", ["pipeline-off"]),
    Wish("Service account", "starts with", type_value("pipeline-"), "pipeline-", PIPELINES),
    Wish("Client ID", "ends with", type_value("-deep"), "-deep", ["pipeline-deep"]),
    Wish(
        "Access rule(s): role",
        "is any of",
        choose_box("Viewer", "Department administrator"),
        "Viewer +1",
        ["pipeline-deep", "pipeline-wide"],
    ),
    Wish(
        "Access rule(s): scope",
        "is in or below",
        choose_place("atlas", "vision"),
        "vision",
        ["pipeline-deep", "pipeline-used"],
    ),
    Wish(
        "Access rule(s): scope",
        "is exactly",
        choose_place("atlas", "vision"),
        "vision",
        ["pipeline-used"],
    ),
    Wish(
        "Access rule(s): text",
        "contains",
        type_value("researcher"),
        "researcher",
        ["pipeline-used", "pipeline-wide"],
    ),
    Wish("Access rule(s): number", "is at least", type_value("2"), "2", ["pipeline-wide"]),
    Wish("Last login", "after", choose_one("30 days ago"), "30 days ago", ["pipeline-used"]),
    Wish("Last login", "is not never", nothing, "", ["pipeline-used"]),
    Wish("Status", "is", choose_one("Disabled"), "Disabled", ["pipeline-off"]),
    Wish("Secret expires", "after", choose_one("in 1 year"), "in 1 year", ["pipeline-expiring"]),
    Wish("Home", "is in or below", choose_place("atlas", "speech"), "speech", ["pipeline-home"]),
]


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: f"{wish.column} {wish.operator}")
def test_a_filter_of_every_kind_narrows_the_table(visit: Visit, crowd: Crowd, wish: Wish) -> None:
    visit.accounts()
    editor = visit.add_filter(wish.column)
    editor.get_by_label("Operator", exact=True).select_option(wish.operator)
    wish.fill(editor)
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect(visit.chip(f"{wish.column} {wish.operator} {wish.chip}".strip())).to_be_visible()
    expect_rows(visit, *wish.found)


def test_accounts_never_used_are_found(visit: Visit, crowd: Crowd) -> None:
    visit.accounts()
    editor = visit.add_filter("Last login")
    editor.get_by_label("Operator", exact=True).select_option("is never")
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect(visit.page.get_by_role("status").first).to_contain_text(f"62 of {CROWD + 7} service accounts")


def test_a_filter_by_people_offers_those_who_made_accounts(visit: Visit, crowd: Crowd) -> None:
    visit.accounts()
    editor = visit.add_filter("Created by")
    expect(editor.get_by_role("checkbox")).to_have_count(2)
    editor.get_by_label("Search people").fill(crowd.dana.email[:9])
    choose_box(crowd.dana.email)(editor)
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect(visit.chip(f"Created by is any of {crowd.dana.email}")).to_be_visible()
    expect_rows(visit, "made-by-dana")


def test_the_age_of_secrets_filters(visit: Visit, crowd: Crowd) -> None:
    visit.accounts()
    editor = visit.add_filter("Secret age")
    editor.get_by_label("Operator", exact=True).select_option("older than")
    choose_one("1 year")(editor)
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect(visit.page.get_by_role("heading", name="No service account matches")).to_be_visible()
    visit.chip("Secret age older than 1 year").get_by_role("button", name="older than").click()
    editor = visit.dialog("Filter by Secret age")
    editor.get_by_label("Operator", exact=True).select_option("younger than")
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect(visit.page.get_by_role("status").first).to_contain_text(f"{CROWD + 7} service accounts")


def test_a_chip_is_edited_at_each_part_and_removed(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts(f="name%3D@pipeline")
    expect_rows(visit, *PIPELINES)
    chip = visit.chip("Service account contains pipeline")
    for part in ("Service account", "contains", "pipeline"):
        chip.get_by_role("button", name=part, exact=True).click()
        expect(visit.dialog("Filter by Service account")).to_be_visible()
        page.keyboard.press("Escape")
        expect(visit.dialog("Filter by Service account")).to_be_hidden()
    chip.get_by_role("button", name="pipeline", exact=True).click()
    editor = visit.dialog("Filter by Service account")
    editor.get_by_role("textbox").fill("pipeline-w")
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect_rows(visit, "pipeline-wide")
    visit.button("Remove filter Service account").click()
    expect(page.get_by_role("status").first).to_contain_text(f"{CROWD + 7} service accounts")
    expect(page.get_by_role("group", name="Filter:")).to_have_count(0)


def test_several_filters_and_a_search_hold_together(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts(f="name%3D@pipeline")
    editor = visit.add_filter("Status")
    choose_one("Enabled")(editor)
    editor.get_by_role("button", name="Apply", exact=True).click()
    expect_rows(visit, *(name for name in PIPELINES if name != "pipeline-off"))
    page.get_by_role("searchbox", name="Search").fill("viewer")
    expect_rows(visit, "pipeline-wide")


# Pages and the address


def test_pages_and_their_size_are_the_servers(visit: Visit, crowd: Crowd) -> None:
    names = crowd.all()
    page = visit.accounts()
    pager = page.locator("footer")
    expect(pager).to_contain_text(f"1–50 of {len(names)}")
    assert visit.rows() == names[:50]
    visit.button("Next page").click()
    expect(pager).to_contain_text(f"51–{len(names)} of {len(names)}")
    expect(visit.button("Next page")).to_be_disabled()
    expect_rows(visit, *names[50:])
    pager.get_by_label("Rows per page").select_option("25")
    expect(pager).to_contain_text("1–25 of")
    expect_rows(visit, *names[:25])
    visit.button("Next page").click()
    expect(pager).to_contain_text("Page 2 of 3")
    expect_rows(visit, *names[25:50])
    visit.button("Previous page").click()
    expect_rows(visit, *names[:25])


def test_the_address_holds_the_view(visits: Visits, crowd: Crowd) -> None:
    visit = visits()
    page = visit.accounts()
    editor = visit.add_filter("Service account")
    editor.get_by_role("textbox").fill("crowd")
    editor.get_by_role("button", name="Apply", exact=True).click()
    page.get_by_role("searchbox", name="Search").fill("-")
    visit.table.get_by_role("columnheader", name="Creation time").get_by_role("button").click()
    visit.table.get_by_role("columnheader", name="Creation time").get_by_role("button").click()
    page.get_by_label("Rows per page").select_option("25")
    visit.button("Next page").click()
    wanted = [f"crowd-{number:02}" for number in range(CROWD - 26, CROWD - 51, -1)]
    expect_rows(visit, *wanted)
    other = visits(crowd.dana)
    other.go(page.url)
    expect_rows(other, *wanted)
    expect(other.chip("Service account contains crowd")).to_be_visible()
    expect(other.page.get_by_role("searchbox", name="Search")).to_have_value("-")
    header = other.table.get_by_role("columnheader", name="Creation time")
    expect(header).to_have_attribute("aria-sort", "descending")
    # And the browser's own Back undoes the last step.
    page.go_back()
    expect(page.locator("footer")).to_contain_text("Page 1 of 3")


def test_the_link_to_a_view_is_copied(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts(q="crowd-0")
    visit.button("More").click()
    page.get_by_role("menuitem", name="Copy link to this view").click()
    expect(visit.toast("Link copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()") == page.url


# The file


def download(visit: Visit, tmp_path: Path) -> list[list[str]]:
    page = visit.page
    visit.button("More").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="Download as CSV").click()
    target = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(target)
    assert target.name.startswith("service-accounts-")
    return list(csv.reader(io.StringIO(target.read_text(encoding="utf-8-sig"))))


def test_the_file_has_the_rows_of_the_view_and_its_columns_in_their_order(
    visit: Visit, crowd: Crowd, tmp_path: Path
) -> None:
    page = visit.accounts(f="name%3D@pipeline", sort="-name")
    expect_rows(visit, *PIPELINES[::-1])
    visit.button("Columns").click()
    menu = visit.dialog("Columns")
    for hidden in ("Client ID", "Created by", "Creation time", "Last updated"):
        menu.get_by_role("checkbox", name=hidden, exact=True).uncheck()
    menu.get_by_role("checkbox", name="Status", exact=True).check()
    for _ in range(2):
        menu.get_by_role("button", name="Move Last login up", exact=True).click()
    page.keyboard.press("Escape")
    shown = visit.headers()
    assert shown == ["Service account", "Last login", "Access rule(s)", "Status"]
    header, *rows = download(visit, tmp_path)
    assert header == shown
    assert [row[0] for row in rows] == PIPELINES[::-1]
    assert rows[PIPELINES[::-1].index("pipeline-off")][3] == "Disabled"
    assert "L1 researcher" in rows[PIPELINES[::-1].index("pipeline-used")][2]
    expect(visit.toast("CSV has 6 rows")).to_be_visible()


def test_a_file_that_was_cut_says_so(visit: Visit, crowd: Crowd, tmp_path: Path) -> None:
    page = visit.accounts()
    cut = {"x-truncated-at": "20000", "x-total-count": "48112"}

    def answer(route: Route) -> None:
        real = route.fetch()
        route.fulfill(response=real, headers={**real.headers, **cut})

    def is_file(route: Route) -> None:
        if "text/csv" in route.request.headers.get("accept", ""):
            answer(route)
        else:
            route.continue_()

    page.route("**/api/v1/service-accounts?*", is_file)
    download(visit, tmp_path)
    sentence = "CSV has the first 20,000 of 48,112 rows. Filter to get the rest."
    expect(visit.toast(sentence)).to_be_visible()


def test_a_file_that_cannot_be_made_says_why(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts()
    visit.expect_refusal(503)
    body = '{"code": 503, "message": "The list took too long: drop a filter."}'

    def is_file(route: Route) -> None:
        if "text/csv" in route.request.headers.get("accept", ""):
            route.fulfill(status=503, content_type="application/json", body=body)
        else:
            route.continue_()

    page.route("**/api/v1/service-accounts?*", is_file)
    visit.button("More").click()
    page.get_by_role("menuitem", name="Download as CSV").click()
    expect(visit.toast("The list took too long: drop a filter.")).to_be_visible()


# The selection


def test_one_several_and_all_are_selected(visit: Visit, crowd: Crowd) -> None:
    page = visit.accounts(size="25")
    bar = page.get_by_role("toolbar", name="Actions on what is selected")
    expect(bar).to_be_hidden()
    visit.select("crowd-00")
    expect(bar.get_by_text("1 selected", exact=True).filter(visible=True)).to_be_visible()
    expect(visit.row("crowd-00").get_by_role("checkbox")).to_be_checked()
    one = bar.get_by_role("button").all_inner_texts()
    assert [text.strip() for text in one][:-1] == [
        "Access rules",
        "Regenerate client secret",
        "Disable",
        "Delete",
        "Secrets",
        "Why",
    ]
    visit.select("crowd-01")
    expect(bar.get_by_text("2 selected", exact=True).filter(visible=True)).to_be_visible()
    # What suits only one account is not offered for two.
    several = [text.strip() for text in bar.get_by_role("button").all_inner_texts()]
    assert several[:-1] == ["Disable", "Delete"]
    visit.table.get_by_role("checkbox", name="Select this page").check()
    expect(bar.get_by_text("25 selected", exact=True).filter(visible=True)).to_be_visible()
    visit.button(f"Select all {CROWD + 7}").click()
    expect(bar.get_by_text(f"{CROWD + 7} selected", exact=True).filter(visible=True)).to_be_visible()
    # It holds over pages, until it is cleared.
    visit.button("Next page").click()
    expect(visit.row("crowd-25").get_by_role("checkbox")).to_be_checked()
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    expect(visit.row("crowd-25").get_by_role("checkbox")).not_to_be_checked()


def test_selecting_moves_nothing(visit: Visit, crowd: Crowd) -> None:
    visit.accounts()
    row = visit.row("crowd-00")
    before = row.bounding_box()
    visit.select("crowd-00")
    expect(visit.page.get_by_role("toolbar")).to_be_visible()
    assert row.bounding_box() == before


def test_a_person_with_no_role_reads_no_accounts(visits: Visits, site: Site) -> None:
    nobody = site.person()
    visit = visits(nobody)
    visit.accounts()
    expect(visit.page.get_by_role("heading", name="You may not see service accounts")).to_be_visible()
