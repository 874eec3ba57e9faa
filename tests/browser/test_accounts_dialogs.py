"""What is done to service accounts: made, given rules, regenerated, disabled, deleted; their secrets; and why."""

import os
import re
import subprocess
import sys
from typing import Final

import pytest
from playwright.sync_api import Locator, Route, expect

from tests.browser.axe import violations
from tests.browser.conftest import FULL
from tests.browser.site import ACCOUNTS, L1_RESEARCHER, RULES, VIEWER, Account, Site, fresh
from tests.browser.visiting import Visit, Visits, place_in

BATCH: Final = "**/api/v1/authorization/access-rules/batch-create"
ONLY_NOW: Final = "This secret is shown only now. It can't be read again later, only regenerated."


@pytest.fixture(scope="module", params=FULL)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def open_for(visit: Visit, account: Account, action: str) -> Locator:
    """Selects the account and presses an action; the dialog that opens."""
    visit.accounts(q=account.name)
    visit.select(account.name)
    visit.action(action)
    return visit.dialog()


def shown_secret(visit: Visit) -> str:
    box = visit.dialog().get_by_role("group", name="Client secret", exact=True)
    expect(box).to_contain_text("ksk_")
    return box.get_by_role("code").inner_text()


def copied(visit: Visit) -> str:
    return str(visit.page.evaluate("navigator.clipboard.readText()"))


# New service account


def test_an_account_is_made_and_its_secret_copied(visit: Visit, site: Site) -> None:
    name = fresh("made")
    page = visit.accounts()
    visit.button("New service account").click()
    dialog = visit.dialog("New service account")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    dialog.get_by_label("Name", exact=True).fill(name)
    visit.button("Create").click()
    expect(dialog.get_by_text(ONLY_NOW)).to_be_visible()
    expect(dialog.get_by_role("group", name="Client ID", exact=True)).to_contain_text(name)
    secret = shown_secret(visit)
    dialog.get_by_role("button", name="Copy client ID", exact=True).click()
    expect(dialog.get_by_text("Copied")).to_be_visible()
    assert copied(visit) == name
    visit.button("Copy client secret").click()
    expect(dialog.get_by_text("Copied").last).to_be_visible()
    assert copied(visit) == secret
    visit.button("Done").click()
    expect(dialog).to_be_hidden()
    expect(visit.button("New service account")).to_be_focused()
    assert site.is_good(name, secret)
    page.get_by_role("searchbox", name="Search").fill(name)
    expect(visit.row(name)).to_be_visible()
    # What comes next is offered.
    page.get_by_role("status").get_by_role("button", name="Access rules", exact=True).click()
    expect(visit.dialog("Access rules")).to_contain_text(name)


def test_a_secret_is_nowhere_once_its_dialog_is_closed(visit: Visit, site: Site) -> None:
    page = visit.accounts()
    visit.button("New service account").click()
    visit.dialog().get_by_label("Name", exact=True).fill(fresh("forgotten"))
    visit.button("Create").click()
    secret = shown_secret(visit)
    # Neither Escape nor a click beside the dialog closes it.
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    assert shown_secret(visit) == secret
    visit.button("Copy client secret").click()
    visit.button("Done").click()
    expect(visit.dialog()).to_have_count(0)
    places = page.evaluate(
        """() => [document.documentElement.outerHTML, location.href, JSON.stringify(history.state),
                  JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage}), document.title]"""
    )
    assert not any(secret in place for place in places if place)
    assert not any(secret in request.url for request in visit.requests)
    page.go_back()
    expect(page.get_by_text(secret)).to_have_count(0)


def test_closing_before_copying_warns(visit: Visit) -> None:
    page = visit.accounts()
    for way in ("Copy and close", "Close without it"):
        visit.button("New service account").click()
        visit.dialog().get_by_label("Name", exact=True).fill(fresh("hasty"))
        visit.button("Create").click()
        secret = shown_secret(visit)
        visit.button("Done").click()
        warning = page.get_by_role("alertdialog", name="The secret is not copied")
        expect(warning).to_contain_text("The secret is not copied.")
        assert shown_secret(visit) == secret
        page.evaluate("navigator.clipboard.writeText('before')")
        visit.button(way).click()
        expect(visit.dialog()).to_have_count(0)
        assert copied(visit) == (secret if way == "Copy and close" else "before")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("Taken!", "The name must "),
        ("x", "The name must have "),
        ("access-key-0123456789abcdef0123456789abcdef", "The name has the form of an access key's client ID"),
    ],
)
def test_a_malformed_name_is_said_beside_the_field(visit: Visit, name: str, sentence: str) -> None:
    visit.accounts()
    visit.expect_refusal(400)
    visit.button("New service account").click()
    field = visit.dialog().get_by_label("Name", exact=True)
    field.fill(name)
    visit.button("Create").click()
    expect(field).to_have_accessible_description(re.compile(re.escape(sentence)))
    expect(field).to_have_attribute("aria-invalid", "true")


def test_a_taken_name_is_said_beside_the_field_and_can_be_changed(visit: Visit, site: Site) -> None:
    taken = site.account()
    visit.accounts()
    visit.expect_refusal(409)
    visit.button("New service account").click()
    field = visit.dialog().get_by_label("Name", exact=True)
    field.fill(taken.name)
    visit.button("Create").click()
    expect(field).to_have_accessible_description(
        re.compile("^This name is taken. Names are unique in keystead.")
    )
    field.fill(fresh("free"))
    field.press("Enter")
    assert shown_secret(visit)


def test_description_and_home_are_folded_options(visit: Visit, site: Site) -> None:
    name, home = fresh("at-home"), site.place("vision")
    visit.accounts()
    visit.button("New service account").click()
    dialog = visit.dialog()
    dialog.get_by_label("Name", exact=True).fill(name)
    expect(dialog.get_by_label("Description", exact=True)).to_be_hidden()
    dialog.get_by_text("More options").click()
    dialog.get_by_label("Description", exact=True).fill("Trains the models.")
    dialog.get_by_role("button", name="Open atlas", exact=True).click()
    place_in(dialog, "vision").click()
    visit.button("Create").click()
    assert shown_secret(visit)
    made = site.find(name)
    assert made is not None
    assert (made["description"], made["scopeId"]) == ("Trains the models.", home.id)


def test_the_snippets_run_and_take_the_secret_from_the_environment(visit: Visit, site: Site) -> None:
    visit.accounts()
    visit.button("New service account").click()
    name = fresh("snippet")
    visit.dialog().get_by_label("Name", exact=True).fill(name)
    visit.button("Create").click()
    secret = shown_secret(visit)
    environment = {"PATH": os.environ["PATH"], "CLIENT_SECRET": secret}
    for language, run in (("curl", ["sh", "-c"]), ("Python", [sys.executable, "-c"])):
        visit.dialog().get_by_text(language, exact=True).click()
        visit.button(f"Copy {language} snippet").click()
        text = copied(visit)
        assert name in text
        assert secret not in text
        expect(visit.dialog().locator("pre")).to_have_text(text)
        if language == "Python":
            text += "\nprint(token)"
        done = subprocess.run(
            [*run, text], env=environment, capture_output=True, text=True, timeout=30, check=False
        )
        assert done.returncode == 0, done.stderr
        token = re.search(r"[\w-]+\.[\w-]+\.[\w-]+", done.stdout)
        assert token is not None, done.stdout
    visit.button("Copy client secret").click()
    visit.button("Done").click()


# Access rules


def test_a_rule_is_given_in_several_scopes_and_taken_away(visit: Visit, site: Site) -> None:
    site.place("atlas")
    account = site.account()
    dialog = open_for(visit, account, "Access rules")
    expect(dialog).to_contain_text("It has no access rules: it can sign in, and do nothing.")
    visit.button("Access rule").click()
    form = dialog.get_by_role("region", name="New access rule")
    expect(form.get_by_text("Choose at least one scope.")).to_be_visible()
    save = form.get_by_role("button", name="Save rule", exact=True)
    expect(save).to_be_disabled()
    form.get_by_role("combobox", name="Role").fill("L1 res")
    visit.page.get_by_role("option", name="L1 researcher", exact=True).click()
    form.get_by_role("button", name="Open atlas", exact=True).click()
    place_in(form, "vision").click()
    # What lies below comes with it, and is not counted.
    form.get_by_role("button", name="Open vision", exact=True).click()
    below = place_in(form, "vision-train")
    expect(below).to_contain_text("included with vision")
    expect(below.get_by_role("checkbox")).to_be_disabled()
    expect(form.get_by_text("1 of 10")).to_be_visible()
    # The search finds places on any level.
    form.get_by_label("Search clusters, departments and projects").fill("ops-ci")
    form.get_by_role("checkbox", name="Choose ops-ci", exact=True).check()
    expect(form.get_by_text("Adds 2 rules, one for each scope.")).to_be_visible()
    save.click()
    expect(visit.toast("2 rules saved")).to_be_visible()
    expect(form).to_be_hidden()
    given = site.read(RULES, subjectType="service-account", subjectId=account.name)["accessRules"]
    assert {(rule["roleName"], rule["scopeName"]) for rule in given} == {
        ("L1 researcher", "vision"),
        ("L1 researcher", "ops-ci"),
    }
    dialog.get_by_role("button", name="Delete rule L1 researcher in vision", exact=True).click()
    ask = dialog.get_by_role("group", name="Delete rule L1 researcher in vision?", exact=True)
    expect(ask).to_contain_text(f"{account.name} loses L1 researcher in vision and all below it, at once.")
    expect(ask.get_by_role("button", name="Keep", exact=True)).to_be_focused()
    ask.get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast("Rule L1 researcher in vision deleted")).to_be_visible()
    expect(dialog.get_by_role("button", name=re.compile("Delete rule"))).to_have_count(1)
    visit.button("Close").click()
    expect(dialog).to_be_hidden()
    expect(visit.row(account.name)).to_contain_text("ops-ci")
    expect(visit.row(account.name)).not_to_contain_text("vision")


def test_a_deletion_that_is_not_confirmed_takes_nothing(visit: Visit, site: Site) -> None:
    account = site.account(rules=[(VIEWER, site.place("vision"))])
    dialog = open_for(visit, account, "Access rules")
    dialog.get_by_role("button", name="Delete rule Viewer in vision", exact=True).click()
    visit.button("Keep").click()
    expect(dialog.get_by_role("group", name=re.compile("Delete rule"))).to_be_hidden()
    assert site.read(RULES, subjectType="service-account", subjectId=account.name)["totalRecords"] == 1


def test_at_most_ten_scopes_are_chosen_at_once(visit: Visit, site: Site) -> None:
    many = fresh("many")
    site.unit(many)
    for number in range(11):
        site.unit(f"{many}-{number:02}", many)
    account = site.account()
    dialog = open_for(visit, account, "Access rules")
    visit.button("Access rule").click()
    dialog.get_by_label("Search clusters, departments and projects").fill(f"{many}-")
    boxes = dialog.get_by_role("checkbox", name=re.compile(f"Choose {many}-"))
    expect(boxes).to_have_count(11)
    for number in range(10):
        boxes.nth(number).check()
    expect(dialog.get_by_text("10 of 10")).to_be_visible()
    expect(boxes.nth(10)).to_be_disabled()
    dialog.get_by_role("button", name=f"Remove {many}-00", exact=True).click()
    expect(boxes.nth(10)).to_be_enabled()


def test_a_level_of_more_than_a_hundred_places_shows_the_rest_when_asked(visit: Visit, site: Site) -> None:
    wide = fresh("wide")
    cluster = site.unit(wide)
    for number in range(101):
        site.unit(f"{wide}-{number:03}", wide)
    last = f"{wide}-100"
    dialog = open_for(visit, site.account(), "Access rules")
    visit.button("Access rule").click()
    dialog.get_by_role("button", name=f"Open {wide}", exact=True).click()
    below = dialog.get_by_role("treeitem", name=re.compile(f"^{wide}-"))
    expect(below).to_have_count(100)
    more = dialog.get_by_role("treeitem", name="Show more", exact=True)
    assert not violations(visit.page)
    # A server that does not answer leaves what is there, and may be asked again; arrows reach it as any line.
    visit.expect_no_answer()
    visit.page.route("**/api/v1/org-unit/tree?*offset=100*", lambda route: route.abort())
    below.last.focus()
    visit.press("ArrowDown")
    expect(more).to_be_focused()
    visit.press("Enter")
    expect(dialog.get_by_text("Keystead could not be reached.")).to_be_visible()
    expect(below).to_have_count(100)
    visit.page.unroute("**/api/v1/org-unit/tree?*offset=100*")
    dialog.get_by_text("Show more", exact=True).click()
    expect(place_in(dialog, last)).to_be_focused()
    expect(more).to_have_count(0)
    visit.press("Space")
    expect(dialog.get_by_role("button", name=f"Remove {last}", exact=True)).to_be_visible()
    # The page of the organisation, likewise.
    visit.go("/organisation")
    visit.page.get_by_role("searchbox", name="Search").fill(last)
    expect(visit.button(f"Actions for {last}")).to_be_visible()
    visit.page.get_by_role("searchbox", name="Search").clear()
    rows = visit.page.get_by_role("button", name=re.compile(f"^Actions for {wide}-"))
    expect(rows).to_have_count(100)
    within = visit.page.locator(f"[data-scope='{cluster.id}']")
    within.get_by_role("button", name="Show more", exact=True).click()
    expect(rows).to_have_count(101)
    expect(visit.button(f"Actions for {last}")).to_be_focused()


def test_scopes_that_fail_stay_with_their_reason(visit: Visit, site: Site) -> None:
    """One of three was given before: the server refuses it, and the two others stand."""
    account = site.account(rules=[(L1_RESEARCHER, site.place("speech"))])
    dialog = open_for(visit, account, "Access rules")
    visit.button("Access rule").click()
    form = dialog.get_by_role("region", name="New access rule")
    form.get_by_role("combobox", name="Role").click()
    visit.page.get_by_role("option", name="L1 researcher", exact=True).click()
    form.get_by_role("button", name="Open atlas", exact=True).click()
    place_in(form, "vision").click()
    place_in(form, "speech").click()
    place_in(form, "borealis").click()
    form.get_by_role("button", name="Save rule", exact=True).click()
    expect(visit.toast("2 of 3 rules saved")).to_be_visible()
    expect(form.get_by_text("1 of 10")).to_be_visible()
    expect(form.get_by_role("button", name="Remove speech", exact=True)).to_be_visible()
    expect(
        form.get_by_text("An access rule for this subject, role and scope already exists.")
    ).to_be_visible()
    assert site.read(RULES, subjectType="service-account", subjectId=account.name)["totalRecords"] == 3


def test_a_server_that_does_not_answer_leaves_the_form_as_it_is(visit: Visit, site: Site) -> None:
    site.place("atlas")
    account = site.account()
    dialog = open_for(visit, account, "Access rules")
    visit.button("Access rule").click()
    dialog.get_by_role("combobox", name="Role").click()
    visit.page.get_by_role("option", name="Viewer", exact=True).click()
    place_in(dialog, "atlas").click()
    visit.expect_no_answer()
    visit.page.route(BATCH, lambda route: route.abort())
    visit.button("Save rule").click()
    expect(dialog.get_by_text("Keystead could not be reached.")).to_be_visible()
    expect(dialog.get_by_role("button", name="Remove atlas", exact=True)).to_be_visible()
    visit.page.unroute(BATCH)
    visit.button("Save rule").click()
    expect(visit.toast("1 rule saved")).to_be_visible()


def test_one_question_places_all_rules_of_an_account(visit: Visit, site: Site) -> None:
    places = [site.place(name) for name in ("vision", "speech", "vision-train", "borealis")]
    account = site.account(rules=[(VIEWER, place) for place in places])
    dialog = open_for(visit, account, "Access rules")
    rules = dialog.get_by_role("listitem")
    expect(rules.filter(has_text="vision-train")).to_contain_text("keystead / atlas / vision")
    expect(rules.filter(has_text="borealis")).to_contain_text("keystead")
    assert len(visit.asked("/api/v1/org-unit/tree")) == 1


# Regenerate, secrets


def test_regenerating_ends_the_old_secret_and_shows_a_new_one(visit: Visit, site: Site) -> None:
    account = site.account()
    site.token(account.name, account.secret)
    dialog = open_for(visit, account, "Regenerate client secret")
    expect(dialog).to_have_accessible_name("Regenerate client secret?")
    expect(dialog).to_contain_text(f"The secret of {account.name} stops working at once")
    expect(dialog).to_contain_text("It was used just now.")
    expect(visit.button("Cancel")).to_be_focused()
    assert site.is_good(account.name, account.secret)
    visit.button("Regenerate").click()
    secret = shown_secret(visit)
    expect(visit.dialog("New client secret")).to_contain_text(ONLY_NOW)
    assert secret != account.secret
    assert site.is_good(account.name, secret)
    assert not site.is_good(account.name, account.secret)
    visit.button("Copy client secret").click()
    visit.button("Done").click()
    expect(visit.dialog()).to_have_count(0)


def test_adding_a_secret_instead_keeps_the_old_one(visit: Visit, site: Site) -> None:
    account = site.account()
    open_for(visit, account, "Regenerate client secret")
    visit.button("Add secret instead").click()
    dialog = visit.dialog("Add secret")
    dialog.get_by_label("Name", exact=True).fill("the newer one")
    dialog.get_by_role("radio", name="90 days", exact=True).check()
    visit.button("Add secret").click()
    secret = shown_secret(visit)
    assert site.is_good(account.name, secret)
    assert site.is_good(account.name, account.secret)
    visit.button("Copy client secret").click()
    visit.button("Done").click()


def test_secrets_are_listed_by_their_tail_and_revoked_one_by_one(visit: Visit, site: Site) -> None:
    account = site.account()
    more = {"name": "the newer one", "expiresAt": "2099-01-01T00:00:00Z"}
    added = site.admin.post(f"{account.path}/secrets", json=more).json()["clientSecret"]
    site.token(account.name, added)
    dialog = open_for(visit, account, "Secrets")
    expect(dialog.get_by_role("listitem")).to_have_count(2)
    newer, older = dialog.get_by_role("listitem").all()
    expect(newer).to_contain_text(f"ksk_…{added[-4:]}")
    expect(newer).to_contain_text("the newer one")
    expect(newer).to_contain_text("Expires 1 Jan 2099")
    expect(newer).to_contain_text("Used just now")
    expect(older).to_contain_text(f"ksk_…{account.secret[-4:]}")
    expect(older).to_contain_text("Never used")
    expect(dialog).to_contain_text("The older secret was never used: it can be revoked.")
    dialog.get_by_role("button", name=f"Revoke ksk_…{account.secret[-4:]}", exact=True).click()
    expect(older).to_contain_text("stops at once.")
    older.get_by_role("button", name="Revoke", exact=True).click()
    expect(visit.toast(f"Secret ksk_…{account.secret[-4:]} revoked")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    assert not site.is_good(account.name, account.secret)
    assert site.is_good(account.name, added)
    dialog.get_by_role("button", name=f"Revoke ksk_…{added[-4:]}", exact=True).click()
    only = f"It is the only secret: {account.name} can't sign in until you add one."
    expect(dialog.get_by_text(only)).to_be_visible()
    visit.button("Cancel").click()
    assert site.is_good(account.name, added)


# Enable, disable, delete


def test_disabling_asks_and_can_be_undone(visit: Visit, site: Site) -> None:
    account = site.account()
    dialog = open_for(visit, account, "Disable")
    expect(dialog).to_contain_text(
        f"{account.name} can't sign in and its tokens stop at once. Rules and secrets are kept."
    )
    expect(visit.button("Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Disable", exact=True).click()
    expect(visit.toast(f"{account.name} disabled")).to_be_visible()
    expect(visit.row(account.name)).to_contain_text("Disabled")
    assert not site.is_good(account.name, account.secret)
    visit.button("Undo").click()
    expect(visit.toast(f"{account.name} enabled")).to_be_visible()
    expect(visit.row(account.name)).not_to_contain_text("Disabled")
    assert site.is_good(account.name, account.secret)


def test_a_disabled_account_is_enabled_again(visit: Visit, site: Site) -> None:
    account = site.account()
    site.admin.patch(account.path, json={"enabled": False})
    visit.accounts(q=account.name)
    visit.select(account.name)
    visit.action("Enable")
    expect(visit.toast(f"{account.name} enabled")).to_be_visible()
    assert site.is_good(account.name, account.secret)


def test_several_are_disabled_together(visit: Visit, site: Site) -> None:
    team = fresh("team")
    accounts = [site.account(f"{team}-{letter}") for letter in "abc"]
    visit.accounts(q=team)
    visit.select(*(account.name for account in accounts))
    visit.action("Disable")
    expect(visit.dialog("Disable 3 accounts?")).to_be_visible()
    visit.dialog().get_by_role("button", name="Disable", exact=True).click()
    expect(visit.toast("3 accounts disabled")).to_be_visible()
    assert not any(site.is_good(account.name, account.secret) for account in accounts)
    visit.button("Undo").click()
    expect(visit.toast("3 accounts enabled")).to_be_visible()
    assert all(site.is_good(account.name, account.secret) for account in accounts)


def test_deleting_says_what_goes(visit: Visit, site: Site) -> None:
    account = site.account(rules=[(VIEWER, site.place("vision")), (L1_RESEARCHER, site.place("atlas"))])
    site.token(account.name, account.secret)
    dialog = open_for(visit, account, "Delete")
    expect(dialog).to_have_accessible_name(f"Delete {account.name}?")
    expect(dialog).to_contain_text("This cannot be undone. These go at once:")
    expect(dialog.get_by_role("listitem")).to_have_text(
        ["1 secret, used just now", "2 access rules", "every token that it holds"]
    )
    expect(visit.button("Cancel")).to_be_focused()
    # Enter presses what has the focus: it never destroys.
    visit.press("Enter")
    expect(dialog).to_be_hidden()
    assert site.find(account.name) is not None
    visit.action("Delete")
    visit.dialog().get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast(f"{account.name} deleted")).to_be_visible()
    expect(visit.row(account.name)).to_have_count(0)
    assert site.find(account.name) is None
    assert not site.is_good(account.name, account.secret)


def test_several_are_deleted_together_and_those_that_fail_are_named(visit: Visit, site: Site) -> None:
    team = fresh("band")
    accounts = [site.account(f"{team}-{letter}") for letter in "abc"]
    page = visit.accounts(q=team)
    visit.select(*(account.name for account in accounts))
    visit.expect_refusal(403)
    body = '{"code": 403, "message": "Not yours to delete."}'
    kept = accounts[1]

    def refuse(route: Route) -> None:
        if route.request.method == "DELETE":
            route.fulfill(status=403, content_type="application/json", body=body)
        else:
            route.continue_()

    page.route(f"**{ACCOUNTS}/{kept.id}", refuse)
    visit.action("Delete")
    expect(visit.dialog("Delete 3 accounts?")).to_be_visible()
    visit.dialog().get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast("2 accounts deleted")).to_be_visible()
    expect(visit.toast(f"{kept.name} not deleted: Not yours to delete.")).to_be_visible()
    expect(visit.row(kept.name)).to_be_visible()
    expect(visit.table.locator("tbody").get_by_role("row")).to_have_count(1)


def test_disabling_instead_is_offered(visit: Visit, site: Site) -> None:
    account = site.account()
    open_for(visit, account, "Delete")
    visit.button("Disable instead").click()
    visit.dialog(f"Disable {account.name}?").get_by_role("button", name="Disable", exact=True).click()
    expect(visit.toast(f"{account.name} disabled")).to_be_visible()


# Why


def test_why_names_the_rule_that_allows(visit: Visit, site: Site) -> None:
    account = site.account(rules=[(L1_RESEARCHER, site.place("atlas"))])
    dialog = open_for(visit, account, "Why")
    ask = dialog.get_by_role("button", name="Ask", exact=True)
    expect(ask).to_be_disabled()
    visit.button("Choose a place").click()
    tree = visit.dialog("Choose a place")
    tree.get_by_role("button", name="Open atlas", exact=True).click()
    place_in(tree, "vision").click()
    ask.click()
    answer = dialog.get_by_role("status")
    expect(answer).to_contain_text("Allowed")
    expect(answer).to_contain_text("L1 researcher in atlas")
    expect(answer).to_contain_text("the rule's scope")
    expect(answer).to_contain_text("vision")


def test_why_says_what_is_missing_and_what_would_give_it(visit: Visit, site: Site) -> None:
    account = site.account(rules=[(L1_RESEARCHER, site.place("vision"))])
    dialog = open_for(visit, account, "Why")
    visit.button("Choose a place").click()
    place_in(visit.dialog("Choose a place"), "borealis").click()
    dialog.get_by_role("button", name="Ask", exact=True).click()
    answer = dialog.get_by_role("status")
    expect(answer).to_contain_text("Not allowed")
    expect(answer).to_contain_text("No rule gives create workloads in borealis")
    expect(answer).to_contain_text("These roles would:")
    # Another question takes the old answer away.
    dialog.get_by_role("combobox", name="Action").click()
    visit.page.get_by_role("option", name="read", exact=True).click()
    expect(answer).not_to_contain_text("Not allowed")


# The account beside the table


def test_an_account_opens_beside_the_table_at_an_address_of_its_own(visits: Visits, site: Site) -> None:
    account = site.account(rules=[(VIEWER, site.place("vision"))], description="Builds the nightly images.")
    site.token(account.name, account.secret)
    visit = visits()
    page = visit.accounts(q=account.name)
    visit.row(account.name).get_by_role("button", name=account.name, exact=True).click()
    drawer = page.get_by_role("complementary", name=account.name, exact=True)
    expect(drawer).to_be_visible()
    expect(drawer).to_be_focused()
    expect(drawer).to_contain_text("Builds the nightly images.")
    expect(drawer).to_contain_text(f"ksk_…{account.secret[-4:]}")
    expect(drawer).to_contain_text("Viewer in vision")
    expect(drawer.get_by_role("heading", name="Recent activity")).to_be_visible()
    expect(drawer).to_contain_text("Service account")
    expect(visit.row(account.name)).to_be_visible()
    other = visits()
    other.go(page.url)
    expect(other.page.get_by_role("complementary", name=account.name, exact=True)).to_be_visible()
    visit.button("Close account").click()
    expect(drawer).to_be_hidden()
    expect(visit.row(account.name)).to_be_focused()


def test_an_account_that_is_gone_says_so(visit: Visit) -> None:
    visit.expect_refusal(404)
    page = visit.go("/service-accounts?open=00000000-0000-4000-8000-000000000000")
    expect(page.get_by_role("heading", name="This account is gone")).to_be_visible()
