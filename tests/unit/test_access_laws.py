"""Each sentence of the access law has its test."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
_LAW: Final = re.compile(r"^(\d+)\. ", re.MULTILINE)
_TEST: Final = re.compile(r"def test_(?:access_)?law_0?(\d+)_")


def test_each_sentence_of_the_law_has_a_test_that_is_named_after_its_number() -> None:
    laws = {int(number) for number in _LAW.findall((ROOT / "docs" / "access.md").read_text())}
    tested = {
        int(number)
        for file in (ROOT / "tests").rglob("test_*.py")
        for number in _TEST.findall(file.read_text())
    }
    assert laws
    assert laws <= tested
