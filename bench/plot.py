"""Draws docs/images/growth.svg from bench/results/growth.json: grants and decisions as accounts grow.

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
@media (prefers-color-scheme: dark) {
  text { fill: #e4e7eb; }
  .axis, .grid { stroke: #7b8794; }
  .bar { stroke: #ffa94d; }
  .line { stroke: #74c0fc; }
  .dot { fill: #74c0fc; }
}
"""


class Panel(NamedTuple):
    """`bar` is what was to be reached: at least, or at most."""

    title: str
    left: int
    most: float
    ticks: Sequence[float]
    label: Callable[[float], str]
    bar: float
    bar_label: str
    points: Sequence[tuple[int, float]]


def main() -> None:
    result = json.loads((RESULTS / "growth.json").read_text())
    OUTPUT.write_text(draw(result))


def draw(result: dict[str, Any]) -> str:
    figures = result["figures"]
    grants = [(one["accounts"], one["grants"]["ofSmallest"]) for one in figures]
    decisions = [(one["accounts"], one["decisionUs"]) for one in figures]
    panels = (
        Panel(
            "Grants a second, of those at a thousand accounts",
            _LEFTS[0],
            1.2,
            (0, 0.25, 0.5, 0.75, 1),
            lambda value: f"{value:.0%}",
            0.9,
            "at least 90 %",
            grants,
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
        _text(_WIDTH / 2, _HEIGHT - 8, f"{result['machine']}, commit {result['commit']}", "middle"),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _panel(panel: Panel) -> Iterator[str]:
    sizes = [accounts for accounts, _ in panel.points]
    low, high = math.log10(min(sizes)), math.log10(max(sizes))

    def x(accounts: int) -> float:
        return panel.left + 20 + (math.log10(accounts) - low) / (high - low) * (_PANEL_WIDTH - 50)

    def y(value: float) -> float:
        return _TOP + _PANEL_HEIGHT * (1 - min(value, panel.most) / panel.most)

    right = panel.left + _PANEL_WIDTH
    yield _text(panel.left, _TOP - 22, panel.title, "start", "title")
    for tick in panel.ticks:
        yield _line((panel.left, y(tick)), (right, y(tick)), "grid" if tick else "axis")
        yield _text(panel.left - 6, y(tick) + 4, panel.label(tick), "end")
    yield _line((panel.left, y(panel.bar)), (right, y(panel.bar)), "bar")
    yield _text(right, y(panel.bar) - 5, panel.bar_label, "end")
    drawn = [(x(accounts), y(value)) for accounts, value in panel.points]
    yield f'<polyline class="line" points="{" ".join(f"{left:.1f},{top:.1f}" for left, top in drawn)}"/>'
    for (left, top), (accounts, value) in zip(drawn, panel.points, strict=True):
        yield f'<circle class="dot" cx="{left:.1f}" cy="{top:.1f}" r="3.5"/>'
        yield _text(left, top + 18, f"{value:.2f}", "middle")
        yield _text(left, _TOP + _PANEL_HEIGHT + 18, f"{accounts:,}", "middle")


def _line(begin: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    return (
        f'<line class="{kind}" x1="{begin[0]:.1f}" y1="{begin[1]:.1f}" x2="{end[0]:.1f}" y2="{end[1]:.1f}"/>'
    )


def _text(left: float, top: float, text: str, anchor: str, kind: str = "") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{left:.1f}" y="{top:.1f}" text-anchor="{anchor}">{text}</text>'


if __name__ == "__main__":
    main()
