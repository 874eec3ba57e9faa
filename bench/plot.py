"""Draws docs/images/growth.svg from bench/results: grants and decisions as accounts grow.

    python -m bench.plot

Its colours follow the reader's, light or dark.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from bench.measure import RESULTS, ROOT

OUTPUT: Final = ROOT / "docs" / "images" / "growth.svg"
_WIDTH: Final = 720
_HEIGHT: Final = 300
_PANEL_WIDTH: Final = 290
_PANEL_HEIGHT: Final = 190
_TOP: Final = 56
_LEFTS: Final = (50, 410)
_SVG: Final = (
    f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
    'aria-labelledby="title told">'
)
_STYLE: Final = """\
text { font: 12px system-ui, sans-serif; fill: #1f2933; }
.title { font-size: 14px; font-weight: 600; }
.axis { stroke: #9aa5b1; }
.grid { stroke: #9aa5b1; stroke-opacity: 0.3; }
.bar { stroke: #9f3a00; stroke-dasharray: 5 4; }
.line { fill: none; stroke: #1864ab; stroke-width: 2; }
.dot { fill: #1864ab; }
.more.line { stroke: #2b8a3e; stroke-dasharray: 2 3; }
.more.dot { fill: #2b8a3e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb; }
  .axis, .grid { stroke: #7b8794; }
  .bar { stroke: #ffa94d; }
  .line { stroke: #74c0fc; }
  .dot { fill: #74c0fc; }
  .more.line { stroke: #8ce99a; }
  .more.dot { fill: #8ce99a; }
}
"""


class Panel(NamedTuple):
    """`bar` is what was to be reached: at least, or at most. `more` are the points with more accounts at work."""

    title: str
    left: int
    most: float
    ticks: Sequence[float]
    label: Callable[[float], str]
    bar: float
    bar_label: str
    points: Sequence[tuple[int, float]]
    more: Sequence[tuple[int, float]]


def main() -> None:
    few, more = (json.loads((RESULTS / f"{name}.json").read_text()) for name in ("growth", "growth-at-work"))
    OUTPUT.write_text(draw(few, more))


def _points(result: dict[str, Any]) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
    """Of grants and of decisions."""
    figures = result["figures"]
    grants = [(one["accounts"], one["grants"]["ofSmallest"]) for one in figures]
    return grants, [(one["accounts"], one["decisionUs"]) for one in figures]


def draw(few: dict[str, Any], more: dict[str, Any]) -> str:
    (grants, decisions), (more_grants, more_decisions) = _points(few), _points(more)
    panels = (
        Panel(
            "Grants, of those at 1,000 accounts",
            _LEFTS[0],
            1.2,
            (0, 0.25, 0.5, 0.75, 1),
            lambda value: f"{value:.0%}",
            0.9,
            "at least 90 %",
            grants,
            more_grants,
        ),
        Panel(
            "A decision, in microseconds",
            _LEFTS[1],
            4,
            (0, 1, 2, 3, 4),
            lambda value: f"{value:g}",
            3,
            "at most 3",
            decisions,
            more_decisions,
        ),
    )
    told = "; ".join(
        f"{accounts:,} accounts: grants {share:.0%}, a decision {took:.2f} us"
        for (accounts, share), (_, took) in zip(grants, decisions, strict=True)
    )
    lines = [
        _SVG,
        '<title id="title">Grants and decisions from a thousand to a million accounts</title>',
        f'<desc id="told">{told}</desc>',
        f"<style>\n{_STYLE}</style>",
        *(line for panel in panels for line in _panel(panel)),
        _text(_WIDTH / 2, _HEIGHT - 8, "solid: 1,000 accounts at work; dotted: up to 20,000", "middle"),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _panel(panel: Panel) -> Iterator[str]:
    sizes = [accounts for accounts, _ in panel.points]
    low, high = math.log10(min(sizes)), math.log10(max(sizes))

    def x(accounts: int) -> float:
        return panel.left + 20 + (math.log10(accounts) - low) / (high - low) * (_PANEL_WIDTH - 60)

    def y(value: float) -> float:
        return _TOP + _PANEL_HEIGHT * (1 - min(value, panel.most) / panel.most)

    right = panel.left + _PANEL_WIDTH
    yield _text(panel.left, _TOP - 22, panel.title, "start", "title")
    for tick in panel.ticks:
        yield _line((panel.left, y(tick)), (right, y(tick)), "grid" if tick else "axis")
        yield _text(panel.left - 6, y(tick) + 4, panel.label(tick), "end")
    yield _line((panel.left, y(panel.bar)), (right, y(panel.bar)), "bar")
    yield _text(panel.left + 6, y(panel.bar) + 15, panel.bar_label, "start")
    for points, kind in ((panel.more, "more "), (panel.points, "")):
        drawn = [(x(accounts), y(value)) for accounts, value in points]
        yield f'<polyline class="{kind}line" points="{" ".join(f"{left:.1f},{top:.1f}" for left, top in drawn)}"/>'
        yield from (
            f'<circle class="{kind}dot" cx="{left:.1f}" cy="{top:.1f}" r="3.5"/>' for left, top in drawn
        )
    for accounts, _ in panel.points:
        yield _text(x(accounts), _TOP + _PANEL_HEIGHT + 18, f"{accounts:,}", "middle")
    for points in (panel.points, panel.more):
        last, value = points[-1]
        yield _text(x(last) + 8, y(value) + 4, f"{value:.2f}", "start")


def _line(begin: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    return (
        f'<line class="{kind}" x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
    )


def _text(left: float, top: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}">{text}</text>'


if __name__ == "__main__":
    main()
