"""docs/reference/audit-chain.md tells the truth: its example is recomputed, and its table is the chain's."""

import hashlib
import json
import re
from pathlib import Path

from keystead.changes import chain

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "audit-chain.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)\n```", PAGE, re.DOTALL)


def test_the_worked_example_is_what_the_chain_computes() -> None:
    [row], [canonical, digest] = [json.loads(block) for block in blocks("json")], blocks("text")
    assert chain.canonical(row).decode() == canonical
    assert chain.next_hash(chain.GENESIS, row).hex() == digest


def test_the_worked_example_follows_from_its_own_text() -> None:
    """Without our code: the bytes on the page, hashed behind 32 zero bytes."""
    canonical, digest = blocks("text")
    assert hashlib.sha256(bytes(32) + canonical.encode()).hexdigest() == digest
    assert f"{len(canonical.encode())} bytes" in PAGE


def test_the_table_names_every_column_in_the_order_of_the_canonical_form() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE) == sorted(chain.FIELDS)


def test_strings_are_escaped_as_the_page_says() -> None:
    special = {8: r"\b", 9: r"\t", 10: r"\n", 12: r"\f", 13: r"\r", 34: r"\"", 92: r"\\"}
    for code in range(0x180):
        expected = special.get(code) or (f"\\u{code:04x}" if code < 0x20 else chr(code))
        assert chain.canonical_json(chr(code)) == f'"{expected}"'
