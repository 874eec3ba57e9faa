"""axe-core in a visited page: the rules of WCAG 2.2 AA, and the practices that axe holds to be best."""

from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

AXE: Final = Path(__file__).parents[2] / "console" / "node_modules" / "axe-core" / "axe.min.js"
# Menus, lists of a field and the tooltip hang at the end of the page, outside of its landmarks: they belong to what
# opened them, which says so (aria-controls, aria-describedby).
_RUN: Final = """async (options) => {
  const hangs = ({ target }) => document.querySelector(target[0])?.closest('[data-portal], [role="tooltip"]');
  const found = await axe.run(document, options);
  return found.violations
    .map(({ id, help, nodes }) => ({ id, help, nodes: nodes.filter((node) => id !== 'region' || !hangs(node)) }))
    .filter(({ nodes }) => nodes.length)
    .map(({ id, help, nodes }) => ({
      id, help, nodes: nodes.map(({ target, failureSummary }) => `${target.join(' ')}: ${failureSummary}`),
    }));
}"""
_TWO_FRAMES: Final = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def _run(page: Page, options: dict[str, Any]) -> list[str]:
    found: list[dict[str, Any]] = page.evaluate(_RUN, options)
    return [f"{one['id']}: {one['help']}\n  " + "\n  ".join(one["nodes"]) for one in found]


def violations(page: Page) -> list[str]:
    """What axe finds in the page as it is now, in light and in dark; colours alone differ between them."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found = _run(page, {"resultTypes": ["violations"]})
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("() => document.documentElement.dataset.mantineColorScheme === 'dark'")
    page.evaluate(_TWO_FRAMES)  # colours pass over, if ever so quickly
    colours = {"resultTypes": ["violations"], "runOnly": {"type": "rule", "values": ["color-contrast"]}}
    found += [f"in dark, {one}" for one in _run(page, colours)]
    page.emulate_media(color_scheme="light")
    return found
