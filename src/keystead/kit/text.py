"""Text as people compare it: without regard to case, or to which of Unicode's equal spellings was typed."""

import unicodedata


def fold(text: str) -> str:
    """The form in which text is stored for comparing, sorting and searching; folding twice changes nothing.

    Canonical caseless matching (Unicode, D145) with composed characters, so that `é` contains no `e`.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def fold_beyond_ascii(text: str) -> str | None:
    """Folded, for a text that has more than ASCII; None for one that a database's `lower` folds as well."""
    return None if text.isascii() else fold(text)
