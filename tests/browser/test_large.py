"""A hundred thousand accounts: the browser gets a page at a time, asks once for each step, and starts small."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.large import fill
from tests.browser.site import ACCOUNTS, Site
from tests.browser.visiting import Visit
from tests.serving import Server

ACCOUNTS_MADE: Final = 100_000
SCRIPT_BUDGET: Final = 250_000  # bytes, as they come over the wire


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    data_dir = tmp_path_factory.mktemp("large") / "var"
    fill(data_dir, ACCOUNTS_MADE)
    with Server(data_dir) as server:
        yield server


class Lists:
    """The answers that the page got from the list of accounts: how many rows each had, and how it was asked."""

    def __init__(self, page: Page) -> None:
        self._answers: list[Response] = []
        self._taken = 0
        page.on("response", self._on_response)

    def _on_response(self, answer: Response) -> None:
        if urlsplit(answer.url).path == ACCOUNTS:
            self._answers.append(answer)

    @property
    def rows(self) -> list[int]:
        return [len(json.loads(answer.body())) for answer in self._answers]

    def take(self) -> list[dict[str, list[str]]]:
        """What was asked since the last time."""
        asked = self._answers[self._taken :]
        self._taken = len(self._answers)
        return [parse_qs(urlsplit(answer.url).query) for answer in asked]


def settled(visit: Visit, first: str) -> None:
    """The table shows what was asked for."""
    expect(visit.page.locator(".table-frame.waiting")).to_have_count(0)
    expect(visit.table.locator("tbody").get_by_role("row").first).to_have_accessible_name(first)


def named(site: Site, **query: Any) -> str:
    """The first account that the API gives."""
    found: list[dict[str, Any]] = site.admin.get(ACCOUNTS, params={"limit": 1, **query}).json()
    return str(found[0]["name"])


def test_each_step_asks_once_for_one_page(visit: Visit, site: Site) -> None:
    lists = Lists(visit.page)
    page = visit.accounts()
    settled(visit, named(site, sortBy="name"))
    assert len(lists.take()) == 1
    status = page.get_by_role("status").first
    expect(status).to_contain_text("service accounts")

    visit.table.get_by_role("columnheader", name="Last updated").get_by_role("button").click()
    settled(visit, named(site, sortBy="updatedAt"))
    (asked,) = lists.take()
    assert (asked["sortBy"], asked["limit"], asked["offset"]) == (["updatedAt"], ["50"], ["0"])

    visit.button("Next page").click()
    settled(visit, named(site, sortBy="updatedAt", offset=50))
    (asked,) = lists.take()
    assert asked["offset"] == ["50"]

    page.get_by_label("Rows per page").select_option("100")
    settled(visit, named(site, sortBy="updatedAt"))
    (asked,) = lists.take()
    assert asked["limit"] == ["100"]

    editor = visit.add_filter("Last login")
    editor.get_by_label("Operator", exact=True).select_option("is never")
    editor.get_by_role("button", name="Apply", exact=True).click()
    settled(visit, named(site, sortBy="updatedAt", filterBy="lastLogin==never"))
    asked_for_rows = [one for one in lists.take() if one["limit"] != ["1"]]
    assert [one["filterBy"] for one in asked_for_rows] == [["lastLogin==never"]]

    page.get_by_role("searchbox", name="Search").fill("pipeline-prod")
    settled(visit, named(site, sortBy="updatedAt", filterBy="lastLogin==never", search="pipeline-prod"))
    (asked,) = lists.take()
    assert asked["search"] == ["pipeline-prod"]

    visit.table.locator("tbody").get_by_role("row").first.get_by_role("checkbox").check()
    visit.table.get_by_role("checkbox", name="Select this page").check()
    assert lists.take() == []
    assert max(lists.rows) <= 100


def test_select_all_takes_no_more_than_the_server_gives_at_once(visit: Visit, site: Site) -> None:
    lists = Lists(visit.page)
    page = visit.accounts()
    settled(visit, named(site, sortBy="name"))
    visit.table.get_by_role("checkbox", name="Select this page").check()
    visit.button("Select the first 500").click()
    expect(page.get_by_role("toolbar")).to_contain_text("500 selected")
    assert max(lists.rows) == 500


def test_the_last_page_and_the_middle_are_a_page_too(visit: Visit, site: Site) -> None:
    for number in (1_000, ACCOUNTS_MADE // 50):
        lists = Lists(visit.page)
        visit.accounts(page=str(number))
        settled(visit, named(site, sortBy="name", offset=(number - 1) * 50))
        assert lists.rows == [50]


def test_a_file_past_the_limit_says_that_it_was_cut(visit: Visit, tmp_path: Path) -> None:
    page = visit.accounts()
    visit.button("More").click()
    with page.expect_download(timeout=60_000) as downloading:
        page.get_by_role("menuitem", name="Download as CSV").click()
    target = tmp_path / "accounts.csv"
    downloading.value.save_as(target)
    assert len(target.read_text().splitlines()) == 20_001
    sentence = f"CSV has the first 20,000 of {ACCOUNTS_MADE:,} rows. Filter to get the rest."
    expect(visit.toast(sentence)).to_be_visible()


def test_the_first_load_is_small(visit: Visit, site: Site) -> None:
    """All script until the table shows its rows, as it came over the wire."""
    visit.accounts()
    settled(visit, named(site, sortBy="name"))
    visit.page.wait_for_load_state("networkidle")
    scripts = [request for request in visit.requests if request.resource_type == "script"]
    sizes = {request.url: request.sizes()["responseBodySize"] for request in scripts}
    assert sizes
    assert sum(sizes.values()) < SCRIPT_BUDGET, sizes
