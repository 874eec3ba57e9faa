"""The rest of the console: access rules, roles, users, the organisation, the audit log, the overview, settings."""

import csv
import json
import re
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.conftest import FULL
from tests.browser.site import (
    ADMIN,
    L1_RESEARCHER,
    ROLES,
    RULES,
    SYSTEM_ADMINISTRATOR,
    USERS,
    VIEWER,
    Account,
    Person,
    Place,
    Site,
    fresh,
)
from tests.browser.visiting import Visit, Visits, form_sign_in, place_in
from tests.browsers import App

RULE_COLUMNS: Final = [
    "Subject",
    "Type",
    "Role",
    "Scope",
    "Authorized by",
    "Creation time",
    "Last updated",
]


@pytest.fixture(scope="module", params=FULL)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def filter_by(visit: Visit, column: str, text: str) -> None:
    editor = visit.add_filter(column)
    editor.get_by_role("textbox").fill(text)
    editor.get_by_role("button", name="Apply", exact=True).click()


# Access rules


def test_access_rules_are_a_table_of_their_own(visit: Visit, site: Site) -> None:
    account = site.account(rules=[(VIEWER, site.place("vision")), (L1_RESEARCHER, site.place("speech"))])
    visit.go("/access-rules")
    expect(visit.heading).to_have_text("Access rules")
    filter_by(visit, "Subject", account.name)
    rows = visit.table.locator("tbody").get_by_role("row")
    expect(rows).to_have_count(2)
    assert set(visit.headers()) == set(RULE_COLUMNS)
    assert {cells[2] for cells in zip(*map(visit.column, range(4)), strict=True)} == {
        "Viewer",
        "L1 researcher",
    }
    filter_by(visit, "Role", "viewer")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("Service account")


@pytest.mark.parametrize("kind", ["Service account", "User", "Group"])
def test_a_rule_is_made_for_every_kind_of_subject(visit: Visit, site: Site, kind: str) -> None:
    site.place("atlas")
    subject = {
        "Service account": site.account().name,
        "User": f"{fresh('later')}@example.org",
        "Group": fresh("operators"),
    }[kind]
    visit.go("/access-rules")
    visit.button("New access rule").click()
    dialog = visit.dialog("New access rule")
    dialog.get_by_text(kind, exact=True).click()
    dialog.get_by_label("Subject", exact=True).fill(subject)
    dialog.get_by_role("combobox", name="Role").click()
    visit.page.get_by_role("option", name="Viewer", exact=True).click()
    place_in(dialog, "borealis").click()
    visit.button("Save rule").click()
    expect(visit.toast("1 rule saved")).to_be_visible()
    expect(dialog).to_be_hidden()
    expect(visit.button("New access rule")).to_be_focused()
    expect(visit.row(f"{subject}: Viewer in borealis")).to_be_visible()


def test_a_rule_for_an_account_that_is_not_there_says_why(visit: Visit, site: Site) -> None:
    site.place("atlas")
    visit.go("/access-rules")
    visit.button("New access rule").click()
    dialog = visit.dialog("New access rule")
    dialog.get_by_label("Subject", exact=True).fill("nobody-of-that-name")
    dialog.get_by_role("combobox", name="Role").click()
    visit.page.get_by_role("option", name="Viewer", exact=True).click()
    place_in(dialog, "borealis").click()
    visit.button("Save rule").click()
    expect(visit.toast("0 of 1 rules saved")).to_be_visible()
    expect(dialog.get_by_role("button", name="Remove borealis", exact=True)).to_be_visible()


def test_rules_are_deleted_with_a_word_of_what_is_lost(visit: Visit, site: Site) -> None:
    account = site.account(rules=[(VIEWER, site.place("vision")), (VIEWER, site.place("speech"))])
    visit.go(f"/access-rules?f=subjectId%3D%3D{account.name}")
    visit.select(f"{account.name}: Viewer in vision")
    visit.action("Delete")
    dialog = visit.dialog("Delete 1 access rule?")
    expect(dialog).to_contain_text(f"{account.name} loses Viewer in vision and all below it, at once.")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast(f"{account.name}: Viewer in vision deleted")).to_be_visible()
    expect(visit.row(f"{account.name}: Viewer in vision")).to_have_count(0)
    expect(visit.row(f"{account.name}: Viewer in speech")).to_be_visible()
    assert site.read(RULES, subjectType="service-account", subjectId=account.name)["totalRecords"] == 1


# Roles


def test_a_role_opens_to_its_matrix(visit: Visit) -> None:
    page = visit.go("/roles?f=name%3D%3DL1+researcher")
    visit.row("L1 researcher").get_by_role("button", name="L1 researcher").click()
    drawer = page.get_by_role("complementary", name="L1 researcher", exact=True)
    matrix = drawer.get_by_role("table", name="What the role gives")
    expect(matrix).to_be_visible()
    assert matrix.get_by_role("columnheader").all_inner_texts()[:5] == [
        "Entity",
        "View",
        "Edit",
        "Create",
        "Delete",
    ]
    row = matrix.get_by_role("row", name=re.compile("^Workloads workloads"))
    for action in ("View", "Edit", "Create", "Delete"):
        expect(row.get_by_role("img", name=f"{action}: yes", exact=True)).to_be_visible()
    expect(drawer).to_contain_text("Comes with Keystead: it can't be changed.")
    visit.button("Close role").click()
    expect(drawer).to_be_hidden()
    # Nothing can be done to a role that comes with Keystead.
    visit.select("L1 researcher")
    toolbar = page.get_by_role("toolbar")
    assert [text.strip().split()[0] for text in toolbar.get_by_role("button").all_inner_texts()] == ["Clear"]


def test_a_custom_role_is_made_changed_disabled_and_deleted(visit: Visit, site: Site) -> None:
    name = fresh("Night watch")
    page = visit.go("/roles")
    visit.button("New role").click()
    dialog = visit.dialog("New role")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Description", exact=True).fill("Looks at what runs at night.")
    boxes = visit.dialog().get_by_role("group", name="Permission sets").get_by_role("checkbox")
    expect(boxes.first).to_be_visible()
    boxes.first.check()
    visit.button("Create").click()
    expect(visit.toast(f"{name} saved")).to_be_visible()
    page.goto(f"/roles?f=name%3D%3D{name.replace(' ', '+')}")
    expect(visit.row(name)).to_contain_text("Custom")
    visit.select(name)
    visit.action("Edit")
    dialog = visit.dialog(f"Edit {name}")
    expect(boxes.first).to_be_checked()
    dialog.get_by_label("Description", exact=True).fill("Looks at what runs by day.")
    boxes.nth(1).check()
    visit.button("Save").click()
    expect(visit.row(name)).to_contain_text("by day")
    visit.action("Disable")
    expect(visit.toast(f"{name} disabled")).to_be_visible()
    expect(visit.row(name)).to_contain_text("Disabled")
    expect(page.get_by_role("toolbar").get_by_role("button", name="Enable", exact=True)).to_be_visible()
    visit.action("Enable")
    expect(visit.toast(f"{name} enabled")).to_be_visible()
    visit.action("Delete")
    visit.dialog(f"Delete {name}?").get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast(f"{name} deleted")).to_be_visible()
    roles = site.read(ROLES, filterBy=f"name=={name}")["roles"]
    assert not roles


def test_a_role_that_rules_give_is_not_deleted(visit: Visit, site: Site) -> None:
    permissions = [{"resourceType": "project", "actions": ["read"]}]
    body = {"name": fresh("In use"), "description": "Given.", "permissions": permissions}
    role = site.admin.post(ROLES, json=body).json()
    site.account(rules=[(role["id"], site.place("vision"))])
    visit.go(f"/roles?f=name%3D%3D{role['name'].replace(' ', '+')}")
    visit.expect_refusal(409)
    visit.select(role["name"])
    visit.action("Delete")
    dialog = visit.dialog(f"Delete {role['name']}?")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    visit.button("Cancel").click()
    expect(visit.row(role["name"])).to_be_visible()


# Users


def find_user(visit: Visit, email: str) -> Locator:
    visit.go(f"/users?f=username%3D%3D{email}")
    return visit.row(email)


def test_a_user_is_made_with_a_temporary_password(visits: Visits, site: Site) -> None:
    email, group = f"{fresh('new')}@example.org", fresh("team")
    visit = visits()
    visit.go("/users")
    visit.button("New user").click()
    dialog = visit.dialog("New user")
    dialog.get_by_label("Email", exact=True).fill(email)
    dialog.get_by_label("Groups", exact=True).fill(group)
    visit.press("Enter")
    visit.button("Create").click()
    expect(dialog).to_contain_text(f"Give {email} this temporary password.")
    password = dialog.get_by_role("code").inner_text()
    visit.button("Copy temporary password").click()
    visit.button("Done").click()
    expect(find_user(visit, email)).to_contain_text("Temporary password")
    expect(visit.row(email)).to_contain_text(group)
    theirs = visits(None)
    theirs.go("/")
    form_sign_in(theirs, Person(email, password))
    expect(theirs.heading).to_have_text("Choose a password")


def test_an_email_that_is_taken_is_said_beside_the_field(visit: Visit) -> None:
    visit.go("/users")
    visit.expect_refusal(409)
    visit.button("New user").click()
    field = visit.dialog().get_by_label("Email", exact=True)
    field.fill(ADMIN.email)
    visit.button("Create").click()
    expect(field).to_have_accessible_description(re.compile("^Somebody with this e-mail is here already."))


def test_a_reset_gives_a_temporary_password_and_ends_sessions(visits: Visits, site: Site) -> None:
    person = site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])
    theirs = visits(person)
    theirs.accounts()
    visit = visits()
    find_user(visit, person.email)
    visit.select(person.email)
    visit.action("Reset password")
    dialog = visit.dialog("Reset password?")
    expect(dialog).to_contain_text(f"The password of {person.email} stops working")
    dialog.get_by_role("button", name="Reset password", exact=True).click()
    temporary = visit.dialog("Password reset").get_by_role("code").inner_text()
    visit.button("Done").click()
    theirs.page.get_by_role("link", name="Roles").click()
    expect(theirs.heading).to_have_text("Sign in")
    form_sign_in(theirs, Person(person.email, temporary))
    expect(theirs.heading).to_have_text("Choose a password")


def test_groups_are_changed(visit: Visit, site: Site) -> None:
    person, group = site.person(), fresh("group")
    row = find_user(visit, person.email)
    visit.select(person.email)
    visit.action("Groups")
    dialog = visit.dialog("Groups")
    expect(dialog.get_by_label("Groups", exact=True)).to_be_focused()
    dialog.get_by_label("Groups", exact=True).fill(group)
    visit.press("Enter")
    visit.button("Save").click()
    expect(visit.toast(f"Groups of {person.email} saved")).to_be_visible()
    expect(row).to_contain_text(group)


def test_a_user_is_logged_out_disabled_enabled_and_deleted(visits: Visits, site: Site) -> None:
    person = site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])
    theirs = visits(person)
    theirs.accounts()
    visit = visits()
    row = find_user(visit, person.email)
    visit.select(person.email)
    for action, verb in (("Log out", "logged out"), ("Disable", "disabled")):
        visit.action(action)
        visit.dialog(f"{action} {person.email}?").get_by_role("button", name=action, exact=True).click()
        expect(visit.toast(f"{person.email} {verb}")).to_be_visible()
        if action == "Log out":
            theirs.page.get_by_role("link", name="Roles").click()
            expect(theirs.heading).to_have_text("Sign in")
    expect(row).to_contain_text("Disabled")
    form_sign_in(theirs, person)
    expect(theirs.page.get_by_role("alert")).to_contain_text("wrong")
    visit.action("Enable")
    expect(visit.toast(f"{person.email} enabled")).to_be_visible()
    form_sign_in(theirs, person)
    expect(theirs.heading).to_have_text("Roles")
    visit.action("Delete")
    visit.dialog(f"Delete {person.email}?").get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast(f"{person.email} deleted")).to_be_visible()
    expect(row).to_have_count(0)
    assert not [one for one in site.read(USERS, limit="500") if one["username"] == person.email]


def test_nobody_is_offered_to_disable_or_delete_themselves(visit: Visit) -> None:
    find_user(visit, ADMIN.email)
    visit.select(ADMIN.email)
    toolbar = visit.page.get_by_role("toolbar")
    expect(toolbar.get_by_role("button", name="Groups", exact=True)).to_be_visible()
    expect(toolbar.get_by_role("button", name="Disable", exact=True)).to_have_count(0)
    expect(toolbar.get_by_role("button", name="Delete", exact=True)).to_have_count(0)


# The organisation


def menu_of(visit: Visit, place: str, entry: str) -> None:
    visit.button(f"Actions for {place}").click()
    visit.page.get_by_role("menuitem", name=entry, exact=True).click()


def test_places_are_made_level_by_level_renamed_and_deleted(visit: Visit, site: Site) -> None:
    cluster, department, project = fresh("new-cluster"), fresh("new-department"), fresh("new-project")
    page = visit.go("/organisation")
    for parent, word, name in (
        ("keystead", "cluster", cluster),
        (cluster, "department", department),
        (department, "project", project),
    ):
        menu_of(visit, parent, f"New {word}")
        dialog = visit.dialog(f"New {word} in {parent}")
        dialog.get_by_label("Name", exact=True).fill(name)
        visit.press("Enter")
        expect(visit.toast(f"{name} created")).to_be_visible()
        expect(visit.button(f"Actions for {parent}")).to_be_focused()
        unfold = visit.button(f"Open {parent}")
        if unfold.is_visible():
            unfold.click()
        expect(visit.button(f"Actions for {name}")).to_be_visible()
    menu_of(visit, project, "Rename")
    field = visit.dialog(f"Rename {project}").get_by_label("Name", exact=True)
    expect(field).to_have_value(project)
    field.fill(f"{project}-b")
    visit.press("Enter")
    expect(visit.toast(f"{project} is now {project}-b")).to_be_visible()
    menu_of(visit, f"{project}-b", "Delete")
    visit.dialog(f"Delete {project}-b?").get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast(f"{project}-b deleted")).to_be_visible()
    expect(page.get_by_text(f"{project}-b", exact=True)).to_have_count(0)


def test_a_name_that_is_taken_is_said_beside_the_field(visit: Visit, site: Site) -> None:
    site.place("atlas")
    visit.go("/organisation")
    visit.expect_refusal(409)
    menu_of(visit, "keystead", "New cluster")
    field = visit.dialog().get_by_label("Name", exact=True)
    field.fill("atlas")
    visit.button("Create").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(visit.dialog()).to_be_visible()


def test_deleting_what_is_not_empty_says_what_lies_in_it(visit: Visit, site: Site) -> None:
    full = fresh("full")
    place = site.unit(full)
    site.unit(f"{full}-below", full)
    account = site.account(rules=[(VIEWER, place)], home=place)
    page = visit.go("/organisation")
    visit.expect_refusal(409)
    menu_of(visit, full, "Delete")
    dialog = visit.dialog(f"Delete {full}?")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    everything = dialog.get_by_role("button", name="Delete all of it", exact=True)
    expect(everything).to_be_visible()
    expect(dialog).to_contain_text("departments, access rules and service accounts in it")
    everything.click()
    expect(visit.toast(f"{full} deleted")).to_be_visible()
    expect(page.get_by_text(full, exact=True)).to_have_count(0)
    assert site.find(account.name) is None


def test_places_are_found_by_name_and_lead_to_their_accounts(visit: Visit, site: Site) -> None:
    place: Place = site.place("vision-train")
    account = site.account(rules=[(VIEWER, place)])
    page = visit.go("/organisation")
    page.get_by_role("searchbox", name="Search").fill("vision-tr")
    found = page.get_by_role("list", name="Found").get_by_role("listitem")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("keystead / atlas / vision")
    menu_of(visit, "vision-train", "Service accounts with rules here")
    expect(visit.heading).to_have_text("Service accounts")
    expect(visit.chip("Access rule(s): scope is in or below vision-train")).to_be_visible()
    expect(visit.row(account.name)).to_be_visible()


# The audit log


def test_the_log_is_filtered_and_an_entry_opened(visit: Visit, site: Site) -> None:
    account: Account = site.account()
    page = visit.go("/audit-log")
    assert visit.headers() == ["Date & time", "Event", "Subject", "Source IP", "Result"]
    filter_by(visit, "Entity name", account.name)
    rows = visit.table.locator("tbody").get_by_role("row")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(f"Service account {account.name} created")
    rows.get_by_role("button", name=re.compile(account.name)).click()
    entry = page.get_by_role("complementary", name="Entry", exact=True)
    for fact in (ADMIN.email, account.id, "Succeeded, 201", "POST", "127.0.0.1"):
        expect(entry).to_contain_text(fact)
    visit.button("Close entry").click()
    expect(entry).to_be_hidden()


def test_failed_sign_ins_are_found(visit: Visit, site: Site) -> None:
    account = site.account()
    regenerated = site.admin.post(f"{account.path}/secret").json()["clientSecret"]
    assert not site.is_good(account.name, account.secret)
    assert site.is_good(account.name, regenerated)
    visit.go("/audit-log")
    editor = visit.add_filter("Result")
    editor.get_by_role("radio", name="Failed", exact=True).check()
    editor.get_by_role("button", name="Apply", exact=True).click()
    filter_by(visit, "Entity name", account.name)
    rows = visit.table.locator("tbody").get_by_role("row")
    expect(rows.first).to_contain_text(f"Sign-in failed: {account.name}")
    expect(rows.first).to_contain_text("Failed")


def test_the_time_span_is_chosen_and_kept_in_the_address(visit: Visit) -> None:
    page = visit.go("/audit-log")
    page.get_by_label("Time", exact=True).select_option("All time")
    expect(page).to_have_url(re.compile("days=all"))
    page.reload()
    expect(page.get_by_label("Time", exact=True)).to_have_value("all")


def test_the_live_tail_shows_what_happens(visit: Visit, site: Site) -> None:
    page = visit.go("/audit-log")
    # The picture of the switch lies over its box, and passes the click on.
    page.get_by_role("switch", name="Live").check(force=True)
    tail = page.get_by_role("region", name="Live", exact=True)
    expect(tail).to_contain_text("Waiting for what happens.")
    account = site.account()
    expect(tail.get_by_role("listitem").first).to_contain_text(f"Service account {account.name} created")


@pytest.mark.parametrize("kind", ["CSV", "JSON"])
def test_the_entries_of_a_view_are_downloaded_as_the_server_streams_them(
    visit: Visit, site: Site, tmp_path: Path, kind: str
) -> None:
    account = site.account()
    site.admin.patch(account.path, json={"enabled": False})
    page = visit.go(f"/audit-log?f=entity_name%3D%3D{account.name}&days=7&sort=timestamp")
    expect(visit.table.locator("tbody").get_by_role("row")).to_have_count(2)
    with page.expect_download() as downloading:
        visit.button("Download").click()
        page.get_by_role("menuitem", name=f"Download as {kind}", exact=True).click()
    target = tmp_path / downloading.value.suggested_filename
    downloading.value.save_as(target)
    assert target.suffix == f".{kind.lower()}"
    if kind == "JSON":
        entries = json.loads(target.read_text())
        assert [(one["entity_id"], one["action"]) for one in entries] == [
            (account.id, "create"),
            (account.id, "update"),
        ]
    else:
        header, *rows = csv.reader(target.read_text().splitlines())
        assert "Date & time" in header
        assert [account.name in row for row in rows] == [True, True]
    assert page.url.endswith("sort=timestamp")


def test_a_log_that_cannot_be_downloaded_says_why(visit: Visit) -> None:
    page = visit.go("/audit-log")
    visit.expect_no_answer()
    page.route("**/api/v1/audit/log/file?*", lambda route: route.abort())
    visit.button("Download").click()
    page.get_by_role("menuitem", name="Download as CSV", exact=True).click()
    expect(visit.toast("Keystead could not be reached.")).to_be_visible()


# One's own settings


def test_a_password_is_changed_and_ends_other_sessions(visits: Visits, site: Site) -> None:
    person = site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])
    other, visit = visits(None), visits(None)
    for one in (other, visit):
        one.go("/settings")
        form_sign_in(one, person)
        expect(one.heading).to_have_text("User settings")
    page = visit.page
    page.get_by_label("Current password", exact=True).fill("not the password")
    page.get_by_label("New password", exact=True).fill("the one I like better")
    visit.expect_refusal(400)
    visit.button("Change password").click()
    expect(page.get_by_text("The current password is wrong.")).to_be_visible()
    page.get_by_label("Current password", exact=True).fill(person.password)
    visit.button("Change password").click()
    expect(visit.toast("Password changed. Your other sessions have ended.")).to_be_visible()
    expect(page.get_by_label("Current password", exact=True)).to_have_value("")
    page.get_by_role("link", name="Roles").click()
    expect(visit.heading).to_have_text("Roles")
    other.page.get_by_role("link", name="Roles").click()
    expect(other.heading).to_have_text("Sign in")


def test_a_second_factor_is_set_up_used_and_turned_off(visits: Visits, site: Site) -> None:
    person = site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])
    visit = visits(person)
    page = visit.go("/settings")
    visit.button("Set up").click()
    dialog = visit.dialog("Set up a second factor")
    expect(
        dialog.get_by_role("img", name="A picture of the key, for an authenticator to scan")
    ).to_be_visible()
    app = App(dialog.get_by_role("code").inner_text().replace(" ", ""))
    dialog.get_by_label("Code", exact=True).fill("000000")
    visit.expect_refusal(400)
    visit.button("Turn on").click()
    expect(dialog.get_by_text("The code is not the one that your app shows now.")).to_be_visible()
    dialog.get_by_label("Code", exact=True).fill(app.code())
    visit.button("Turn on").click()
    expect(dialog.get_by_text("The second factor is on.")).to_be_visible()
    recovery = dialog.get_by_role("listitem").all_inner_texts()
    assert len(set(recovery)) >= 8
    visit.button("Copy recovery codes").click()
    assert page.evaluate("navigator.clipboard.readText()").split("\n") == recovery
    visit.button("Done").click()
    expect(page.get_by_text(f"{len(recovery)} recovery codes are left.")).to_be_visible()

    other = visits(None)
    other.go("/settings")
    form_sign_in(other, person)
    code = other.page.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    code.fill("123")
    other.button("Continue").click()
    expect(other.page.get_by_role("alert")).to_be_visible()
    code.fill(app.code(1))
    other.button("Continue").click()
    expect(other.heading).to_have_text("User settings")

    by_recovery = visits(None)
    by_recovery.go("/settings")
    form_sign_in(by_recovery, person)
    by_recovery.page.get_by_label("Code", exact=True).fill(recovery[0])
    by_recovery.button("Continue").click()
    left = by_recovery.page.get_by_text(f"{len(recovery) - 1} recovery codes are left.")
    expect(left).to_be_visible()
    by_recovery.button("Turn off").click()
    by_recovery.dialog().get_by_role("button", name="Turn off", exact=True).click()
    expect(by_recovery.toast("Second factor turned off")).to_be_visible()
    expect(by_recovery.button("Set up")).to_be_visible()


def test_an_administrator_removes_the_second_factor_of_somebody_whose_phone_is_gone(
    visits: Visits, site: Site
) -> None:
    person = site.person()
    theirs = visits(person)
    theirs.go("/settings")
    theirs.button("Set up").click()
    app = App(theirs.dialog().get_by_role("code").inner_text().replace(" ", ""))
    theirs.dialog().get_by_label("Code", exact=True).fill(app.code())
    theirs.button("Turn on").click()
    theirs.button("Done").click()
    visit = visits()
    row = find_user(visit, person.email)
    expect(row).to_contain_text("On")
    visit.select(person.email)
    visit.action("Remove second factor")
    visit.dialog("Remove second factor?").get_by_role("button", name="Remove", exact=True).click()
    expect(visit.toast(f"Second factor of {person.email} removed")).to_be_visible()
    expect(row).not_to_contain_text("On")
