"""Access keys: a person's own in their settings, made, shown once, regenerated, deleted; and everybody's."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

import httpx
import pytest
from playwright.sync_api import Locator, expect

from tests.browser.axe import violations
from tests.browser.conftest import FULL
from tests.browser.site import ACCOUNTS, DEPARTMENT_ADMINISTRATOR, SYSTEM_ADMINISTRATOR, Person, Site, fresh
from tests.browser.visiting import Visit, Visits, place_in
from tests.browsers import OWN_PAGE

KEYS: Final = "/api/v1/access-keys"
ALL_KEYS: Final = "/api/v1/administration/access-keys"
CLUSTERS: Final = "/api/v1/clusters"
ONLY_NOW: Final = "This secret is shown only now. It can't be read again later, only regenerated."
MOST: Final = "You have 20 access keys, the most there can be"


class Key(NamedTuple):
    id: str
    name: str
    client_id: str
    secret: str


@pytest.fixture(scope="module", params=FULL)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextmanager
def session_of(site: Site, person: Person) -> Iterator[httpx.Client]:
    cookies = {"keystead_session": site.cookie_of(person)}
    with httpx.Client(base_url=site.url, headers=OWN_PAGE, cookies=cookies, timeout=30) as client:
        yield client


def make_key(site: Site, person: Person, name: str | None = None) -> Key:
    with session_of(site, person) as client:
        answer = client.post(KEYS, json={"name": name or fresh("key")})
    assert answer.status_code == 201, answer.text
    made = answer.json()
    return Key(made["id"], made["name"], made["clientId"], made["clientSecret"])


def acting(site: Site, client_id: str, secret: str) -> httpx.Client:
    """What a program that holds the key does."""
    token = site.token(client_id, secret)
    return httpx.Client(base_url=site.url, headers={"authorization": f"Bearer {token}"}, timeout=30)


def key_row(visit: Visit, name: str) -> Locator:
    keys = visit.page.get_by_role("list", name="Access keys", exact=True)
    return keys.get_by_role("listitem", name=name, exact=True)


def shown(visit: Visit, what: str) -> str:
    return visit.dialog().get_by_role("group", name=what, exact=True).get_by_role("code").inner_text()


def copied(visit: Visit) -> str:
    return str(visit.page.evaluate("navigator.clipboard.readText()"))


def check(visit: Visit) -> None:
    assert not violations(visit.page)


@pytest.fixture
def person(site: Site) -> Person:
    return site.person([(SYSTEM_ADMINISTRATOR, site.tenant)])


# One's own


def test_a_key_of_ones_own_is_made_and_its_secret_is_shown_once(
    visits: Visits, site: Site, person: Person
) -> None:
    name, visit = fresh("laptop"), visits(person)
    page = visit.go("/settings")
    expect(page.get_by_text("None yet.")).to_be_visible()
    visit.button("New access key").click()
    dialog = visit.dialog("New access key")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    dialog.get_by_label("Name", exact=True).fill(name)
    check(visit)
    visit.button("Create").click()
    expect(dialog.get_by_text(ONLY_NOW)).to_be_visible()
    client_id, secret = shown(visit, "Client ID"), shown(visit, "Client secret")
    assert client_id.startswith("access-key-")
    check(visit)
    page.keyboard.press("Escape")
    visit.button("Copy client secret").click()
    expect(dialog.get_by_text("Copied")).to_be_visible()
    assert copied(visit) == secret
    visit.button("Done").click()
    expect(dialog).to_be_hidden()
    expect(visit.button("New access key")).to_be_focused()
    expect(key_row(visit, name)).to_contain_text("Never used")
    # It is nowhere in the page any more, and no answer has it again.
    assert secret not in page.content()
    assert not any(secret in request.url for request in visit.requests)
    with session_of(site, person) as client:
        assert secret not in client.get(KEYS).text
    # A program acts for its person by it, and the list says when it did.
    with acting(site, client_id, secret) as program:
        assert program.post(CLUSTERS, json={"name": fresh("by-key")}).status_code == 201
    page.reload()
    expect(key_row(visit, name)).to_contain_text("Used just now")
    key_row(visit, name).get_by_role("button", name=f"Copy client ID of {name}", exact=True).click()
    assert copied(visit) == client_id
    check(visit)


def test_a_key_is_held_to_reading_and_to_a_place(visits: Visits, site: Site, person: Person) -> None:
    inside, outside = site.account(home=site.place("vision")), site.account(home=site.place("speech"))
    name, visit = fresh("reports"), visits(person)
    visit.go("/settings")
    visit.button("New access key").click()
    dialog = visit.dialog("New access key")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_label("Reads only", exact=True).check()
    dialog.get_by_text("Only in one place", exact=True).click()
    dialog.get_by_role("button", name="Open atlas", exact=True).click()
    place_in(dialog, "vision").click()
    expect(dialog.get_by_text("Only in vision", exact=True)).to_be_visible()
    check(visit)
    visit.button("Create").click()
    expect(dialog.get_by_text(ONLY_NOW)).to_be_visible()
    with acting(site, shown(visit, "Client ID"), shown(visit, "Client secret")) as program:
        seen = {account["name"] for account in program.get(ACCOUNTS).json()}
        assert program.post(CLUSTERS, json={"name": fresh("by-key")}).status_code == 403
    assert inside.name in seen
    assert outside.name not in seen
    visit.button("Done").click()
    visit.button("Close without it").click()
    expect(key_row(visit, name)).to_contain_text("reads only, in vision")


def test_a_name_that_is_taken_or_malformed_and_a_silent_server_are_told(
    visits: Visits, site: Site, person: Person
) -> None:
    taken, visit = make_key(site, person).name, visits(person)
    visit.expect_refusal(400, 409)
    visit.go("/settings")
    visit.button("New access key").click()
    dialog = visit.dialog("New access key")
    field = dialog.get_by_label("Name", exact=True)
    for name, said in ((taken, f"An access key of yours named {taken}"), ("Not so", "The name must begin")):
        field.fill(name)
        visit.press("Enter")
        expect(field).to_have_accessible_description(re.compile(f"^{said}"))
    check(visit)
    visit.expect_no_answer()
    visit.page.route(f"**{KEYS}", lambda route: route.abort())
    field.fill(fresh("unreached"))
    visit.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("Keystead could not be reached.")


def test_the_twentieth_key_is_the_last(visits: Visits, site: Site, person: Person) -> None:
    keys = [make_key(site, person) for _ in range(19)]
    visit = visits(person)
    page = visit.go("/settings")
    new = visit.button("New access key")
    new.click()
    # Another window was quicker: the server's word is beside the field.
    keys.append(make_key(site, person))
    visit.expect_refusal(409)
    field = visit.dialog("New access key").get_by_label("Name", exact=True)
    field.fill(fresh("one-more"))
    visit.press("Enter")
    expect(field).to_have_accessible_description(re.compile(f"^{MOST}"))
    visit.button("Cancel").click()
    page.reload()
    expect(new).to_be_disabled()
    expect(new).to_have_accessible_description(f"{MOST}. Delete one to make another.")
    key_row(visit, keys[0].name).get_by_role("button", name=f"Delete {keys[0].name}", exact=True).click()
    visit.dialog().get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast(f"{keys[0].name} deleted")).to_be_visible()
    expect(new).to_be_enabled()
    expect(page.get_by_text(MOST)).to_have_count(0)


def test_a_secret_is_regenerated_and_a_key_deleted_by_the_keyboard(
    visits: Visits, site: Site, person: Person
) -> None:
    key, visit = make_key(site, person), visits(person)
    assert site.is_good(key.client_id, key.secret)
    visit.go("/settings")
    renew = key_row(visit, key.name).get_by_role(
        "button", name=f"Regenerate secret of {key.name}", exact=True
    )
    renew.focus()
    visit.press("Enter")
    dialog = visit.dialog("Regenerate client secret?")
    expect(dialog).to_contain_text(f"The secret of {key.name} stops working at once")
    expect(visit.button("Cancel")).to_be_focused()
    check(visit)
    visit.press("Escape")
    expect(dialog).to_be_hidden()
    expect(renew).to_be_focused()
    assert site.is_good(key.client_id, key.secret)
    visit.press("Enter")
    expect(visit.button("Cancel")).to_be_focused()
    visit.press("Tab", "Enter")
    expect(visit.dialog("New client secret")).to_contain_text(ONLY_NOW)
    assert shown(visit, "Client ID") == key.client_id
    secret = shown(visit, "Client secret")
    assert site.is_good(key.client_id, secret)
    assert not site.is_good(key.client_id, key.secret)
    visit.button("Copy client secret").focus()
    visit.press("Enter")
    visit.button("Done").focus()
    visit.press("Enter")
    expect(visit.dialog()).to_have_count(0)
    expect(renew).to_be_focused()
    visit.press("Tab", "Enter")
    dialog = visit.dialog(f"Delete {key.name}?")
    expect(dialog).to_contain_text("Its secret and every token that it holds stop at once.")
    check(visit)
    # Enter presses what has the focus: it never destroys.
    expect(visit.button("Cancel")).to_be_focused()
    visit.press("Enter")
    expect(dialog).to_be_hidden()
    assert site.is_good(key.client_id, secret)
    visit.press("Enter")
    expect(visit.button("Cancel")).to_be_focused()
    visit.press("Tab", "Enter")
    expect(visit.toast(f"{key.name} deleted")).to_be_visible()
    expect(visit.page.get_by_text("None yet.")).to_be_visible()
    assert not site.is_good(key.client_id, secret)


# Everybody's


def test_everybodys_keys_are_found_by_owner_and_client_id_and_deleted(
    visits: Visits, visit: Visit, site: Site, person: Person
) -> None:
    first, second = make_key(site, person), make_key(site, person)
    make_key(site, site.person())
    assert site.is_good(first.client_id, first.secret)
    page = visit.go("/access-keys")
    assert visit.headers() == ["Access key", "User", "Client ID", "May", "Last login", "Creation time"]
    for column, text, names in (
        ("User", person.email, {first.name, second.name}),
        ("Client ID", first.client_id, {first.name}),
    ):
        editor = visit.add_filter(column)
        editor.get_by_role("textbox").fill(text)
        editor.get_by_role("button", name="Apply", exact=True).click()
        expect(visit.table.locator("tbody").get_by_role("row")).to_have_count(len(names))
        assert set(visit.column(0)) == names
    row = visit.row(f"{first.name} of {person.email}")
    expect(row).to_contain_text("Just now")
    expect(row).to_contain_text("Whatever its person may")
    check(visit)
    visit.select(f"{first.name} of {person.email}")
    visit.action("Delete")
    dialog = visit.dialog(f"Delete {first.name}?")
    expect(dialog).to_contain_text(f"what acts for {person.email} by it can't any more.")
    expect(visit.button("Cancel")).to_be_focused()
    check(visit)
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast(f"{first.name} deleted")).to_be_visible()
    expect(page.get_by_role("heading", name="No access key matches")).to_be_visible()
    assert not site.is_good(first.client_id, first.secret)
    left = site.read(ALL_KEYS, createdBy=person.email)["accessKeys"]
    assert [key["name"] for key in left] == [second.name]
    # Its person's settings know too.
    theirs = visits(person)
    theirs.go("/settings")
    expect(key_row(theirs, second.name)).to_be_visible()
    expect(key_row(theirs, first.name)).to_have_count(0)


def test_several_keys_are_deleted_together_and_what_fails_is_named(
    visit: Visit, site: Site, person: Person
) -> None:
    team = fresh("band")
    keys = [make_key(site, person, f"{team}-{letter}") for letter in "abc"]
    page = visit.go(f"/access-keys?q={team}")
    visit.select(*(f"{key.name} of {person.email}" for key in keys))
    visit.expect_refusal(404)
    site.admin.delete(f"{ALL_KEYS}/{keys[1].id}")
    visit.action("Delete")
    visit.dialog("Delete 3 access keys?").get_by_role("button", name="Delete", exact=True).click()
    expect(visit.toast("2 access keys deleted")).to_be_visible()
    failed = page.get_by_role("status").get_by_text(re.compile(f"^{keys[1].name} not deleted: "))
    expect(failed).to_be_visible()


def test_who_may_not_look_after_keys_is_not_offered_their_page(visits: Visits, site: Site) -> None:
    reader = site.person([(DEPARTMENT_ADMINISTRATOR, site.place("vision"))])
    visit = visits(reader)
    page = visit.accounts()
    pages = page.get_by_role("navigation", name="Pages", exact=True)
    expect(pages.get_by_role("link", name="Users", exact=True)).to_be_visible()
    expect(pages.get_by_role("link", name="Access keys", exact=True)).to_have_count(0)
    visit.go("/access-keys")
    expect(page.get_by_role("heading", name="You may not see access keys")).to_be_visible()
    assert not visit.asked(ALL_KEYS)
