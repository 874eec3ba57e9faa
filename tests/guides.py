"""What the guides say to do, taken from their pages: the blocks of code, by their language."""

import re
from pathlib import Path
from typing import Final

GUIDES: Final = Path(__file__).parents[1] / "docs" / "guides"
_BLOCK: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(guide: str, language: str) -> list[str]:
    """Every block of one language, in its order. Fails where a guide has none."""
    found = [code for kind, code in _BLOCK.findall((GUIDES / f"{guide}.md").read_text()) if kind == language]
    assert found, f"docs/guides/{guide}.md has no block of {language}"
    return found
