"""The errors that every room may raise. Their HTTP status and wording on the wire belong to `web.errors`."""

from enum import Enum


class Kind(Enum):
    """What went wrong, in terms that any edge can translate."""

    BAD_INPUT = "bad_input"
    UNAUTHENTICATED = "unauthenticated"
    PROOF_TOO_OLD = "proof_too_old"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    NOT_ACCEPTABLE = "not_acceptable"
    CONFLICT = "conflict"
    TOO_SLOW = "too_slow"
    TOO_LARGE = "too_large"
    THROTTLED = "throttled"
    UNAVAILABLE = "unavailable"


class KeysteadError(Exception):
    """A refusal with a sentence for the caller.

    `field` names the part of the request that is wrong; `retry_after` and `max_age` are in whole seconds. Neither the
    sentence nor the details may carry a secret, or anything that the caller may not read.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        field: str | None = None,
        details: str | None = None,
        retry_after: int | None = None,
        max_age: int | None = None,
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.field = field
        self.details = details
        self.retry_after = retry_after
        self.max_age = max_age


def bad_input(field: str, problem: str) -> KeysteadError:
    """The caller's input is wrong: `problem` completes the sentence that begins with the field's name."""
    return KeysteadError(Kind.BAD_INPUT, f"{field}: {problem}", field=field)


def not_found(what: str) -> KeysteadError:
    """Unknown and unreadable look alike, to the byte: the sentence never repeats the id (access law 6)."""
    return KeysteadError(Kind.NOT_FOUND, f"{what} not found.")


def forbidden(message: str) -> KeysteadError:
    return KeysteadError(Kind.FORBIDDEN, message)


def conflict(message: str, *, field: str | None = None) -> KeysteadError:
    return KeysteadError(Kind.CONFLICT, message, field=field)


def unauthenticated(message: str) -> KeysteadError:
    return KeysteadError(Kind.UNAUTHENTICATED, message)


def proof_too_old(max_age: int) -> KeysteadError:
    """`max_age`, in seconds, is how old a proof may be."""
    return KeysteadError(
        Kind.PROOF_TOO_OLD,
        "Prove your password again: this makes or ends what lets somebody in, and your last proof is too old.",
        details="insufficient_user_authentication",
        max_age=max_age,
    )
