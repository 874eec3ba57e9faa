"""Visits to the console: a browser's page that is watched, and words for what a person does there."""

import re
from collections.abc import Callable, Iterable
from typing import Final, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect

from tests.browser.site import ADMIN, Person, Site

PATIENCE_MS: Final = 10_000  # how long a page may take for anything; expectations have it too
Scheme = Literal["light", "dark"]
_REFUSED: Final = re.compile(r"Failed to load resource: the server responded with a status of (\d+)")
# An aborted request, and a file that a test takes away, are said by Chromium in these words.
_UNREACHED: Final = "net::ERR_FAILED"


class Visit:
    """One person's browser: a context of its own, whose pages are watched until `leave`.

    `refusals` are the statuses that the test means to meet. 401 is always met: it is how the page learns that
    nobody is signed in.
    """

    def __init__(
        self,
        browser: Browser,
        site: Site,
        who: Person | None = ADMIN,
        *,
        width: int = 1440,
        height: int = 900,
        scheme: Scheme = "light",
        refusals: Iterable[int] = (),
        bypass_policy: bool = False,
        touch: bool = False,
    ) -> None:
        self.site = site
        self.requests: list[Request] = []
        self._troubles: list[str] = []
        self._refusals = {401, *refusals}
        self.context: BrowserContext = browser.new_context(
            base_url=site.url,
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            bypass_csp=bypass_policy,
            reduced_motion="reduce",
            has_touch=touch,
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.context.set_default_timeout(PATIENCE_MS)
        if who is not None:
            self.context.add_cookies(
                [{"name": "keystead_session", "value": site.cookie_of(who), "url": site.url}]
            )
        self.context.on("request", self._on_request)
        self.context.on("console", self._on_console)
        self.context.on("weberror", lambda error: self._troubles.append(f"error: {error.error}"))
        self.page: Page = self.context.new_page()

    def expect_refusal(self, *statuses: int) -> None:
        self._refusals.update(statuses)

    def expect_no_answer(self) -> None:
        """The test takes the server away from the page."""
        self._refusals.add(0)

    def expect_complaints(self, text: str, number: int) -> list[str]:
        """Waits until the browser has complained so often, and takes these complaints for meant."""
        found = [one for one in self._troubles if text in one]
        while len(found) < number:
            self.page.wait_for_event("console", timeout=PATIENCE_MS)
            found = [one for one in self._troubles if text in one]
        self._troubles = [one for one in self._troubles if text not in one]
        return found

    def _on_request(self, request: Request) -> None:
        self.requests.append(request)
        where = urlsplit(request.url)
        if where.scheme not in ("data", "blob") and f"{where.scheme}://{where.netloc}" != self.site.url:
            self._troubles.append(f"a request to another origin: {request.url}")

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        refused = _REFUSED.search(message.text)
        if refused and int(refused[1]) in self._refusals:
            return
        if _UNREACHED in message.text and 0 in self._refusals:
            return
        self._troubles.append(f"{message.type}: {message.text} ({message.location.get('url')})")

    def leave(self) -> None:
        """Fails with what the pages complained of."""
        self.context.close()
        assert not self._troubles, "\n".join(self._troubles)

    # What a person does

    def go(self, path: str) -> Page:
        """Opens an address of the console, and waits until its heading is there."""
        self.page.goto(path)
        expect(self.heading).to_be_visible()
        return self.page

    def accounts(self, **view: str) -> Page:
        """The table of service accounts, narrowed by a search: `accounts(q="pipeline-0007")`."""
        query = "&".join(f"{name}={value}" for name, value in view.items())
        self.go(f"/service-accounts?{query}" if query else "/service-accounts")
        return self.page

    @property
    def heading(self) -> Locator:
        return self.page.get_by_role("heading", level=1)

    @property
    def table(self) -> Locator:
        return self.page.get_by_role("main").get_by_role("table")

    def row(self, name: str) -> Locator:
        return self.table.get_by_role("row", name=name, exact=True)

    def rows(self) -> list[str]:
        """What the rows of the table are called, as they are now."""
        rows = self.table.locator("tbody tr")
        names = rows.evaluate_all("rows => rows.map((row) => row.getAttribute('aria-label'))")
        return [str(name) for name in names]

    def column(self, at: int) -> list[str]:
        """A column's texts; the boxes of rows that can be selected are not counted."""
        cells = self.table.locator("tbody tr").evaluate_all(
            """(rows, at) => rows.map((row) => {
                 const cells = [...row.querySelectorAll('[role="cell"]:not(.select-cell)')];
                 return cells[at].innerText;
               })""",
            at,
        )
        return [str(cell) for cell in cells]

    def headers(self) -> list[str]:
        expect(self.table).to_be_visible()
        titles = self.table.get_by_role("columnheader").all_inner_texts()
        return [title.strip() for title in titles if title.strip()]

    def select(self, *names: str) -> None:
        for name in names:
            self.table.get_by_role("checkbox", name=f"Select {name}", exact=True).check()

    def action(self, name: str) -> None:
        """Presses one of the actions on what is selected."""
        self.page.get_by_role("toolbar").get_by_role("button", name=name, exact=True).click()

    def dialog(self, name: str | re.Pattern[str] | None = None) -> Locator:
        return self.page.get_by_role("dialog", name=name, exact=isinstance(name, str) or None)

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def toast(self, text: str) -> Locator:
        return self.page.get_by_role("status").get_by_text(text, exact=True)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def add_filter(self, column: str) -> Locator:
        """Opens the editor of a new filter for a column; what it holds is the caller's to fill in."""
        self.button("Add filter").click()
        self.page.get_by_role("option").filter(has=self.page.get_by_text(column, exact=True)).click()
        return self.page.get_by_role("dialog", name=f"Filter by {column}", exact=True)

    def chip(self, words: str) -> Locator:
        return self.page.get_by_role("group", name=f"Filter: {words}", exact=True)

    def focused(self) -> str:
        """What has the focus: its name, or its text."""
        return str(
            self.page.evaluate(
                """() => {
                     const at = document.activeElement;
                     const named = at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText ?? at.innerText;
                     return at === document.body ? '' : named?.trim() ?? '';
                   }"""
            )
        )

    def asked(self, path: str) -> list[Request]:
        """The requests that the page made of one path of the API."""
        return [one for one in self.requests if urlsplit(one.url).path == path]


Visits = Callable[..., Visit]
"""Makes visits: `visits(person, width=390)`; see `Visit`."""


def form_sign_in(visit: Visit, person: Person) -> None:
    """Signs in as a person does."""
    page = visit.page
    page.get_by_label("Email", exact=True).fill(person.email)
    page.get_by_label("Password", exact=True).fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def place_in(where: Locator | Page, name: str) -> Locator:
    """A place in a tree to pick from, whatever lies below it."""
    return where.get_by_role("treeitem", name=re.compile(rf"^{re.escape(name)}[ ,]"))
