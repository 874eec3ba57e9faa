"""Query strings: decoded strictly, and read as `kit.query` by every list, export and count alike.

A parameter that nobody reads is ignored, as the contract has it; one that is broken is refused, read or not.
"""

import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import unquote_to_bytes

from keystead.kit.errors import bad_input
from keystead.kit.query import Fields, Filter, Page, Query, Sort
from keystead.kit.query_language import parse_filters, parse_limit, parse_offset, parse_search, parse_sort

Parameters = Sequence[tuple[str, str]]

_BROKEN_ESCAPE: Final = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def parse_query_string(raw: bytes) -> list[tuple[str, str]]:
    """Names and values in order (application/x-www-form-urlencoded, so that `+` is a space).

    Raises a bad-input error that names the parameter, never its value, when it cannot be text.
    """
    if b"%" in raw or b"+" in raw or b"\0" in raw or not raw.isascii():
        return [_parameter(item) for item in raw.split(b"&") if item]
    # What needs no decoding, as nearly every request for a token.
    return [_split(item) for item in raw.decode().split("&") if item]


def single(parameters: Parameters, name: str) -> str | None:
    """The value of a parameter that may be given once; None when it is absent."""
    values = [value for given, value in parameters if given == name]
    if len(values) > 1:
        raise bad_input(name, f"is given {len(values)} times; give it once.")
    return values[0] if values else None


def read_query(parameters: Parameters, fields: Fields, *, default_limit: int | None, max_limit: int) -> Query:
    """All that a caller asks of a list. `default_limit` None: without `limit`, everything."""
    return Query(
        filters=read_filters(parameters, fields),
        sort=read_sort(parameters, fields),
        page=read_page(parameters, default_limit=default_limit, max_limit=max_limit),
        search=read_search(parameters),
    )


def read_filters(parameters: Parameters, fields: Fields) -> tuple[Filter, ...]:
    return parse_filters((value for name, value in parameters if name == "filterBy"), fields)


def read_sort(parameters: Parameters, fields: Fields) -> Sort:
    return parse_sort(single(parameters, "sortBy"), single(parameters, "sortOrder"), fields)


def read_page(
    parameters: Parameters,
    *,
    default_limit: int | None,
    max_limit: int,
    least_limit: int = 1,
    limit_name: str = "limit",
) -> Page:
    """`limit_name` is for the audit log, which calls its limit otherwise and takes 0."""
    limit = single(parameters, limit_name)
    offset = single(parameters, "offset")
    return Page(
        default_limit
        if limit is None
        else parse_limit(limit, least=least_limit, most=max_limit, name=limit_name),
        0 if offset is None else parse_offset(offset),
    )


def read_search(parameters: Parameters) -> str | None:
    return parse_search(single(parameters, "search"))


def _split(item: str) -> tuple[str, str]:
    name, _, value = item.partition("=")
    return name, value


def _parameter(item: bytes) -> tuple[str, str]:
    raw_name, _, raw_value = item.partition(b"=")
    name = form_decoded(raw_name, "parameter name")
    return name, form_decoded(raw_value, name[:60])


def form_decoded(raw: bytes, field: str) -> str:
    """One name or value of a form. Raises a bad-input error that names `field`, never the value."""
    if _BROKEN_ESCAPE.search(raw):
        raise bad_input(
            field, "has a % that is not followed by two hexadecimal digits; write %25 for the sign itself."
        )
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode()
    except UnicodeDecodeError:
        raise bad_input(field, "is not UTF-8 once percent-decoded.") from None
    if "\0" in text:
        raise bad_input(field, "must not contain a NUL character.")
    return text
