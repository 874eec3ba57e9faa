"""What the browser is forbidden to do: scripts that are not ours, markup in names, other origins, frames."""

import re
from typing import Final

import pytest
from playwright.sync_api import expect

from keystead.web.console.site import PAGES
from tests.browser.site import VIEWER, Site
from tests.browser.visiting import Visit

MARKUP: Final = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script><b>bold</b>'


def directives(policy: str) -> dict[str, str]:
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in policy.split(";"))}


@pytest.mark.parametrize("path", PAGES)
def test_every_page_forbids_inline_scripts(visit: Visit, path: str) -> None:
    answer = visit.page.goto(path)
    assert answer is not None
    policy = directives(answer.headers["content-security-policy"])
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert "unsafe" not in str(policy)
    assert policy["frame-ancestors"] == "'none'"
    assert policy["connect-src"] == "'self'"


def test_an_inline_script_that_got_in_does_not_run(visit: Visit) -> None:
    page = visit.accounts()
    page.evaluate(
        """() => {
             const script = document.createElement('script');
             script.textContent = 'window.pwned = 1';
             document.body.append(script);
             document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.pwned = 1">');
           }"""
    )
    # Both were refused: the browser says so, once for each.
    refused = visit.expect_complaints("Content Security Policy", 2)
    assert all("script-src" in complaint for complaint in refused)
    assert page.evaluate("window.pwned") is None


def test_a_script_of_another_origin_is_not_loaded(visit: Visit) -> None:
    page = visit.accounts()
    page.evaluate(
        """() => {
             const script = document.createElement('script');
             script.src = 'https://elsewhere.example/x.js';
             document.body.append(script);
           }"""
    )
    # It is named twice: as asked for, and as refused.
    named = visit.expect_complaints("https://elsewhere.example", 2)
    assert any("Content Security Policy" in one for one in named)


def test_markup_in_names_and_descriptions_is_text(visit: Visit, site: Site) -> None:
    site.place("vision")
    cluster = site.unit(f"{MARKUP[:60].replace('/', '-')}")
    account = site.account("marked-up", [(VIEWER, cluster)], description=MARKUP)
    role = {
        "name": "<b>Role</b>",
        "description": MARKUP,
        "permissions": [{"resourceType": "project", "actions": ["read"]}],
    }
    site.admin.post("/api/v2/authorization/roles", json=role)
    page = visit.accounts(q=account.name)
    expect(visit.row(account.name)).to_contain_text("onerror")
    visit.row(account.name).get_by_role("button", name=account.name, exact=True).click()
    expect(page.get_by_role("complementary", name=account.name).get_by_text(MARKUP)).to_be_visible()
    for path in ("/roles", "/organisation", "/audit-log", "/access-rules"):
        visit.go(path)
        expect(page.get_by_text(re.compile("<b>|onerror")).first).to_be_visible()
    assert page.evaluate("window.pwned") is None
    assert page.locator("main img, main script, main b b").count() == 0


def test_a_link_cannot_carry_a_script(visit: Visit) -> None:
    """What the address holds is shown as text, whatever it is."""
    page = visit.accounts(q="%3Cimg+src%3Dx+onerror%3D%22window.pwned%3D2%22%3E")
    expect(page.get_by_role("searchbox", name="Search")).to_have_value('<img src=x onerror="window.pwned=2">')
    expect(page.get_by_role("heading", name="No service account matches")).to_be_visible()
    assert page.evaluate("window.pwned") is None


def test_no_page_is_kept_by_caches_and_assets_are(visit: Visit, site: Site) -> None:
    seen: dict[str, str] = {}
    visit.page.on(
        "response", lambda answer: seen.update({answer.url: answer.headers.get("cache-control", "")})
    )
    visit.accounts()
    expect(visit.heading).to_be_visible()
    assert seen[f"{site.url}/service-accounts"] == "no-store"
    assets = {url: cached for url, cached in seen.items() if "/assets/" in url}
    assert assets
    assert all("immutable" in cached for cached in assets.values())
    answers = {url: cached for url, cached in seen.items() if "/api/" in url}
    assert all("no-store" in cached for cached in answers.values()), answers
