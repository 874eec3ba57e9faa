"""HTML, put together so that what is text can never become markup."""

import html
import re
from collections.abc import Iterable, Iterator
from typing import Final

_CODE: Final = re.compile(r"`([^`]+)`")


class Markup(str):
    """HTML as it stands. Any other text is escaped where it is put in."""

    __slots__ = ()


def tag(name: str, *children: str, **attributes: str | None) -> Markup:
    """An element. An underscore ends attributes that are Python's words (`class_`) and stands for `-` elsewhere."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{given}>{joined(children)}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    return Markup("".join(part if isinstance(part, Markup) else html.escape(part) for part in parts))


def inline(text: str) -> Markup:
    """A sentence in which backticks mark code."""
    parts = _CODE.split(text)
    return joined(tag("code", part) if place % 2 else part for place, part in enumerate(parts))


def prose(text: str) -> Markup:
    """Paragraphs, lists and headings, as far as the description's own texts use Markdown."""
    return joined(_block(block) for block in text.strip().split("\n\n") if block)


def _block(block: str) -> Markup:
    if block.startswith("## "):
        return tag("h3", inline(block.removeprefix("## ")))
    if block.startswith("- "):
        return tag("ul", *(tag("li", inline(item)) for item in _items(block)))
    return tag("p", inline(block.replace("\n", " ")))


def _items(block: str) -> Iterator[str]:
    return (item.replace("\n", " ").strip() for item in block.removeprefix("- ").split("\n- "))
