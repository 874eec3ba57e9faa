"""The console without a mouse: its keys, where the focus goes, and the whole of the work done by keys alone."""

import re
from typing import Final

import pytest
from playwright.sync_api import expect

from tests.browser.site import ADMIN, VIEWER, Site, fresh
from tests.browser.visiting import Visit, Visits, place_in

PAGES: Final = {
    "Overview": "Overview",
    "Access rules": "Access rules",
    "Roles": "Roles",
    "Users": "Users",
    "Organisation": "Organisation",
    "Audit log": "Audit log",
    "User settings": "User settings",
}


@pytest.fixture(scope="module")
def trio(site: Site) -> list[str]:
    """Three accounts, for tests that change none."""
    return [site.account(f"trio-{letter}", [(VIEWER, site.place("vision"))]).name for letter in "abc"]


def into_the_table(visit: Visit, name: str) -> None:
    """Into the row of that name, as Tab gets there."""
    visit.accounts(q=name[:-1])
    expect(visit.row(name)).to_be_visible()
    visit.row(name).focus()


# Everywhere


def test_the_first_tab_skips_to_the_content(visit: Visit, trio: list[str]) -> None:
    page = visit.accounts()
    visit.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    visit.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    visit.press("Tab")
    expect(visit.button("New service account")).to_be_focused()


def test_go_to_finds_pages_and_accounts(visit: Visit, trio: list[str]) -> None:
    page = visit.accounts()
    for label, heading in PAGES.items():
        visit.press("Control+k")
        field = page.get_by_role("combobox", name="Go to", exact=True)
        expect(field).to_be_focused()
        field.press_sequentially(label)
        expect(page.get_by_role("option", name=re.compile(f"^{label}"))).to_have_attribute(
            "aria-selected", "true"
        )
        visit.press("Enter")
        expect(visit.heading).to_have_text(heading)
    visit.press("Control+k")
    page.get_by_role("combobox", name="Go to", exact=True).press_sequentially("trio")
    expect(page.get_by_role("option")).to_have_count(3)
    visit.press("ArrowDown", "ArrowDown", "ArrowUp", "Enter")
    expect(page.get_by_role("complementary", name="trio-b", exact=True)).to_be_visible()


def test_escape_leaves_go_to_where_it_was_opened(visit: Visit, trio: list[str]) -> None:
    into_the_table(visit, trio[1])
    visit.press("Control+k")
    expect(visit.page.get_by_role("combobox", name="Go to", exact=True)).to_be_focused()
    visit.press("Escape")
    expect(visit.row(trio[1])).to_be_focused()


def test_the_keys_of_a_list(visit: Visit, trio: list[str]) -> None:
    page = visit.accounts()
    expect(visit.row(trio[0])).to_be_visible()
    visit.press("/")
    search = page.get_by_role("searchbox", name="Search")
    expect(search).to_be_focused()
    page.keyboard.type("fnn/")
    # In a field a letter is a letter.
    expect(search).to_have_value("fnn/")
    search.fill("")
    visit.press("Escape")
    visit.press("f")
    expect(page.get_by_role("combobox", name="Column", exact=True)).to_be_focused()
    visit.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    visit.press("n")
    expect(visit.dialog("New service account")).to_be_visible()
    visit.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    # Nothing had the focus: it is better in the table than at the top of the page.
    expect(visit.row(trio[0])).to_be_focused()


def test_the_bar_folds_and_stays_so(visit: Visit) -> None:
    page = visit.accounts()
    bar = page.get_by_role("navigation", name="Pages", exact=True)

    def width() -> float:
        box = bar.bounding_box()
        assert box is not None
        return box["width"]

    before = width()
    visit.press("[")
    assert width() < before / 2
    page.reload()
    expect(visit.heading).to_be_visible()
    assert width() < before / 2
    # Folded, a page is still called what it is called.
    expect(page.get_by_role("link", name="Audit log", exact=True)).to_be_visible()
    visit.press("[")
    assert width() == before


def test_the_keys_are_listed_and_letters_can_be_switched_off(visit: Visit, trio: list[str]) -> None:
    page = visit.accounts()
    visit.press("?")
    keys = visit.dialog("Keys")
    expect(keys.get_by_role("term")).to_have_count(16)
    keys.get_by_role("switch", name="Single-letter keys").uncheck(force=True)
    visit.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    visit.press("n", "f", "[")
    page.reload()
    expect(visit.row(trio[0])).to_be_visible()
    visit.row(trio[0]).focus()
    visit.press("n", "a", "e")
    expect(visit.dialog()).to_have_count(0)
    # What is no letter still works.
    visit.press("Control+k")
    expect(page.get_by_role("combobox", name="Go to", exact=True)).to_be_focused()


# In the table


def test_one_row_is_in_the_order_of_tab_and_arrows_walk(visit: Visit, trio: list[str]) -> None:
    into_the_table(visit, trio[0])
    assert visit.table.locator("tbody tr[tabindex='0']").count() == 1
    for key, name in (
        ("ArrowDown", trio[1]),
        ("j", trio[2]),
        ("ArrowDown", trio[2]),
        ("k", trio[1]),
        ("ArrowUp", trio[0]),
        ("End", trio[2]),
        ("Home", trio[0]),
    ):
        visit.press(key)
        expect(visit.row(name)).to_be_focused()


def test_space_and_shift_select(visit: Visit, trio: list[str]) -> None:
    into_the_table(visit, trio[0])
    visit.press("Space")
    expect(visit.row(trio[0]).get_by_role("checkbox")).to_be_checked()
    visit.press("Shift+ArrowDown", "Shift+ArrowDown")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("3 selected")
    visit.press("Space")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("2 selected")
    visit.press("Escape")
    expect(visit.page.get_by_role("toolbar")).to_be_hidden()
    expect(visit.row(trio[2])).to_be_focused()


@pytest.mark.parametrize(
    ("key", "dialog"),
    [
        ("a", "Access rules"),
        ("r", "Regenerate client secret?"),
        ("e", "Disable trio-b?"),
        ("Delete", "Delete trio-b?"),
    ],
)
def test_a_key_opens_what_it_says_and_escape_gives_the_row_back(
    visit: Visit, trio: list[str], key: str, dialog: str
) -> None:
    into_the_table(visit, trio[1])
    visit.press(key)
    expect(visit.dialog(dialog)).to_be_visible()
    # A key behind a dialog does nothing.
    visit.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    expect(visit.row(trio[1])).to_be_focused()


def test_c_copies_the_client_id(visit: Visit, trio: list[str]) -> None:
    into_the_table(visit, trio[1])
    visit.press("c")
    expect(visit.toast("Client ID trio-b copied")).to_be_visible()
    assert visit.page.evaluate("navigator.clipboard.readText()") == "trio-b"


def test_enter_opens_the_account_and_j_and_k_walk_on(visit: Visit, trio: list[str]) -> None:
    page = visit.page
    into_the_table(visit, trio[0])
    visit.press("Enter")
    for key, name in (("", trio[0]), ("j", trio[1]), ("j", trio[2]), ("k", trio[1])):
        if key:
            visit.press(key)
        expect(page.get_by_role("complementary", name=name, exact=True)).to_be_focused()
    visit.press("Escape")
    expect(page.get_by_role("complementary")).to_have_count(0)
    expect(visit.row(trio[1])).to_be_focused()


def test_headers_sort_and_boxes_tick_by_keys(visit: Visit, trio: list[str]) -> None:
    visit.accounts(q="trio")
    header = visit.table.get_by_role("columnheader", name="Service account")
    header.get_by_role("button").focus()
    visit.press("Enter")
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(visit.table.locator("tbody").get_by_role("row").first).to_have_accessible_name(trio[2])
    visit.table.get_by_role("checkbox", name="Select this page").focus()
    visit.press("Space")
    expect(visit.page.get_by_role("toolbar")).to_contain_text("3 selected")


def test_a_dialog_keeps_the_focus_inside(visit: Visit, trio: list[str]) -> None:
    into_the_table(visit, trio[0])
    visit.press("Delete")
    dialog = visit.dialog("Delete trio-a?")
    expect(dialog.get_by_role("button", name="Cancel", exact=True)).to_be_focused()
    for _ in range(8):
        visit.press("Tab")
        assert dialog.evaluate("(dialog) => dialog.contains(document.activeElement)")


def test_the_focus_is_seen(visit: Visit, trio: list[str]) -> None:
    """Whatever Tab reaches says so: by an outline, or by what stands in for one."""
    page = visit.accounts()
    expect(visit.row(trio[0])).to_be_visible()
    unseen = []
    for _ in range(30):
        visit.press("Tab")
        seen = page.evaluate(
            """() => {
                 const parts = [document.activeElement, document.activeElement.parentElement];
                 return parts[0] === document.body || parts.some((part) => {
                   const style = getComputedStyle(part);
                   return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0
                     || style.boxShadow !== 'none';
                 });
               }"""
        )
        if not seen:
            unseen.append(visit.focused())
    assert not unseen


# The work, by keys alone


def tab_to(visit: Visit, name: str, *, back: bool = False) -> None:
    """Presses Tab until something of that name has the focus."""
    for _ in range(60):
        if visit.focused() == name:
            return
        visit.press("Shift+Tab" if back else "Tab")
    raise AssertionError(f"Tab does not reach {name!r}")


def test_an_account_is_made_given_a_rule_and_disabled_by_keys_alone(visits: Visits, site: Site) -> None:
    site.place("atlas")
    name = fresh("by-keys")
    visit = visits(None)
    page = visit.go("/service-accounts")
    page.keyboard.type(ADMIN.email)
    visit.press("Tab")
    page.keyboard.type(ADMIN.password)
    visit.press("Enter")
    expect(visit.heading).to_have_text("Service accounts")
    # Made.
    visit.press("n")
    expect(visit.dialog("New service account").get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type(name)
    visit.press("Enter")
    expect(visit.dialog().get_by_role("group", name="Client secret", exact=True)).to_be_visible()
    tab_to(visit, "Copy client secret")
    visit.press("Enter")
    expect(visit.dialog().get_by_text("Copied")).to_be_visible()
    tab_to(visit, "Done")
    visit.press("Enter")
    expect(visit.dialog()).to_have_count(0)
    assert site.is_good(name, page.evaluate("navigator.clipboard.readText()"))
    # Found, and given a rule.
    visit.press("/")
    page.keyboard.type(name)
    expect(visit.table.locator("tbody").get_by_role("row")).to_have_count(1)
    tab_to(visit, name)
    expect(visit.row(name)).to_be_focused()
    visit.press("a")
    expect(visit.dialog("Access rules")).to_be_visible()
    tab_to(visit, "Access rule")
    visit.press("Enter")
    role = visit.dialog().get_by_role("combobox", name="Role")
    expect(role).to_be_focused()
    page.keyboard.type("L1 res")
    expect(page.get_by_role("option", name="L1 researcher", exact=True)).to_be_visible()
    visit.press("ArrowDown", "Enter")
    expect(role).to_have_value("L1 researcher")
    tab_to(visit, "keystead 2 clusters, tenant")
    visit.press("ArrowDown")
    expect(place_in(page, "atlas")).to_be_focused()
    visit.press("ArrowRight")
    expect(place_in(page, "vision")).to_be_visible()
    visit.press("ArrowDown", "ArrowDown")
    expect(place_in(page, "vision")).to_be_focused()
    visit.press("Space")
    expect(place_in(page, "vision")).to_have_attribute("aria-selected", "true")
    tab_to(visit, "Save rule")
    visit.press("Enter")
    expect(visit.toast("1 rule saved")).to_be_visible()
    visit.press("Escape")
    expect(visit.dialog()).to_have_count(0)
    expect(visit.row(name)).to_be_focused()
    expect(visit.row(name)).to_contain_text("vision")
    # Disabled.
    visit.press("e")
    expect(visit.dialog(f"Disable {name}?")).to_be_visible()
    tab_to(visit, "Disable")
    visit.press("Enter")
    expect(visit.toast(f"{name} disabled")).to_be_visible()
    expect(visit.row(name)).to_be_focused()
    made = site.find(name)
    assert made is not None
    assert made["enabled"] is False
    assert [rule["scopeName"] for rule in made["accessRules"]] == ["vision"]


def test_a_filter_is_added_edited_and_removed_by_keys_alone(visit: Visit, trio: list[str]) -> None:
    page = visit.accounts()
    visit.press("f")
    page.keyboard.type("Status")
    visit.press("Enter")
    editor = visit.dialog("Filter by Status")
    expect(editor).to_be_visible()
    tab_to(visit, "Enabled")
    visit.press("Space", "Enter")
    expect(visit.chip("Status is Enabled")).to_be_visible()
    tab_to(visit, "Remove filter Status", back=True)
    visit.press("Enter")
    expect(visit.chip("Status is Enabled")).to_have_count(0)


def test_columns_are_chosen_by_keys_alone(visit: Visit, trio: list[str]) -> None:
    visit.accounts(q="trio")
    expect(visit.row(trio[0])).to_be_visible()
    visit.button("Columns").focus()
    visit.press("Enter")
    menu = visit.dialog("Columns")
    expect(menu).to_be_visible()
    menu.get_by_role("checkbox", name="Status", exact=True).focus()
    visit.press("Space")
    menu.get_by_role("button", name="Move Status up", exact=True).focus()
    visit.press("Enter")
    visit.press("Escape")
    expect(visit.button("Columns")).to_be_focused()
    assert visit.headers()[6] == "Status"
