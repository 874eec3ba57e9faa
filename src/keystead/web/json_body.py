"""JSON bodies, read strictly: a text that two readers could take for different things is refused (RFC 7493)."""

import json
import re
from typing import Any, Final

import msgspec

from keystead.kit.errors import KeysteadError, bad_input

_MISSING: Final = re.compile(r"Object missing required field `(.*)`")
_SHOWN: Final = 60


def decode_body(decoder: msgspec.json.Decoder[Any], raw: bytes) -> Any:
    """The body as the decoder's type. A JSON string that holds the JSON is unwrapped: some clients encode twice.

    Raises a bad-input error that names the field.
    """
    try:
        if raw.lstrip()[:1] == b'"':
            raw = msgspec.json.decode(raw, type=str).encode()
        if not raw.strip():
            raise bad_input("body", "a JSON object is required.")
        body = decoder.decode(raw)
        _ONE_MEANING.decode(raw.decode())
    except RecursionError:
        raise bad_input("body", "nests too deeply.") from None
    except msgspec.ValidationError as error:
        raise _of_wrong_type(str(error)) from None
    except msgspec.DecodeError as error:
        raise bad_input("body", f"is not JSON: {_continued(str(error))}") from None
    except ValueError:  # not UTF-8, above all
        raise bad_input("body", "must be JSON in UTF-8.") from None
    return body


def _of_wrong_type(text: str) -> KeysteadError:
    """The decoder's complaint, behind the field that it speaks of."""
    complaint, _, path = text.partition(" - at `")
    field = path.removesuffix("`").removeprefix("$").removeprefix(".")
    missing = _MISSING.fullmatch(complaint)
    if missing:
        return bad_input(f"{field}.{missing[1]}" if field else missing[1], "is required.")
    return bad_input(field or "body", _continued(complaint))


def _continued(sentence: str) -> str:
    """The sentence as it goes on behind a colon."""
    sentence = sentence.removeprefix("JSON is malformed: ")
    return f"{sentence[:1].lower()}{sentence[1:]}."


def _look_at_members(members: list[tuple[str, Any]]) -> None:
    """Names and values of one object, whose own objects were looked at before and are None here."""
    seen: set[str] = set()
    for name, value in members:
        if name in seen:
            raise bad_input(name[:_SHOWN], "is given more than once.")
        if _has_nul(name) or _has_nul(value):
            raise bad_input(name[:_SHOWN].replace("\0", "?"), "must not contain a NUL character.")
        seen.add(name)


def _has_nul(value: Any) -> bool:
    if isinstance(value, list):
        return any(_has_nul(item) for item in value)
    return isinstance(value, str) and "\0" in value


# Looks and keeps nothing: numbers stay text, since Python bounds how long one may be that is read.
_ONE_MEANING: Final = json.JSONDecoder(object_pairs_hook=_look_at_members, parse_int=str, parse_float=str)
