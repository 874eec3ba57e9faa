"""A progress line on a terminal; a line now and then elsewhere."""

import sys
import time
from typing import Final

_WIDTH: Final = 30
_SECONDS_BETWEEN: Final = 0.1
_SECONDS_BETWEEN_LINES: Final = 10.0


class Progress:
    """Says on standard error how much of `total` is done, and at what rate. `unit` in the plural."""

    def __init__(self, total: int, unit: str) -> None:
        self._total = max(total, 1)
        self._unit = unit
        self._done = 0
        self._started = time.monotonic()
        self._last_shown = 0.0
        self._shown = -1
        self._on_terminal = sys.stderr.isatty()

    def advance(self, number: int = 1) -> None:
        self._done += number
        now = time.monotonic()
        pause = _SECONDS_BETWEEN if self._on_terminal else _SECONDS_BETWEEN_LINES
        if now - self._last_shown >= pause:
            self._last_shown = now
            self._show()

    def finish(self) -> None:
        if self._shown != self._done:
            self._show()
        if self._on_terminal:
            sys.stderr.write("\n")

    @property
    def rate(self) -> float:
        """How many a second, so far."""
        return self._done / max(time.monotonic() - self._started, 1e-9)

    def _show(self) -> None:
        self._shown = self._done
        part = min(self._done / self._total, 1.0)
        bar = "#" * round(part * _WIDTH)
        text = f"[{bar:<{_WIDTH}}] {part:4.0%}  {self._done:,} of {self._total:,} {self._unit}, {self.rate:,.0f}/s"
        sys.stderr.write(f"\r{text}\x1b[K" if self._on_terminal else text + "\n")
        sys.stderr.flush()
