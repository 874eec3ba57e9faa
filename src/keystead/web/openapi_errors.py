"""The error answers of a description: what each status means, in both renderings."""

from http import HTTPStatus
from typing import Final, NamedTuple

from keystead.web.openapi_schemas import Json
from keystead.web.operations import JSON_MEDIA, Operation
from keystead.web.pipeline import Route


def error_statuses(operation: Operation) -> list[int]:
    """The errors that an operation may answer with, ascending."""
    # A broken query string, and a path that is not UTF-8, are refused everywhere.
    statuses = {400, 500, 503, *operation.errors}
    if operation.body is not None:
        statuses |= {408, 413}
    if isinstance(operation, Route):
        if not operation.access.public or operation.access.from_own_page:
            statuses |= {401, 403}
        if "{" in operation.path:
            statuses.add(404)
    return sorted(statuses)


class Errors:
    """The error answers, each once, in both renderings."""

    def __init__(self, error: Json, oauth_error: Json) -> None:
        self._error = error
        self._oauth_error = oauth_error
        self._used: Json = {}

    def reference(self, status: int, operation: Operation) -> Json:
        phrase = HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")
        # A defect is answered around the endpoint, which cannot then be asked how it speaks.
        oauth = operation.speaks_oauth and status != HTTPStatus.INTERNAL_SERVER_ERROR
        name = f"OAuth{phrase}" if oauth else phrase
        if name not in self._used:
            self._used[name] = self._response(status, oauth=oauth)
        return {"$ref": f"#/components/responses/{name}"}

    def components(self) -> Json:
        return dict(sorted(self._used.items()))

    def _response(self, status: int, *, oauth: bool) -> Json:
        told = _TOLD[status]
        headers = ["X-Request-ID", *told.headers]
        example = (
            {"error": told.oauth, "error_description": told.example}
            if oauth
            else {"code": status, "message": told.example}
        )
        schema = self._oauth_error if oauth else self._error
        return {
            "description": told.description,
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
            "content": {JSON_MEDIA: {"schema": schema, "example": example}},
        }


class _Told(NamedTuple):
    """What an error of one status means, and one sentence that it may carry."""

    description: str
    example: str
    oauth: str = "invalid_request"
    headers: tuple[str, ...] = ()


_TOLD: Final = {
    400: _Told(
        "The request is wrong; the message names the field and says what would be right.",
        "name: is required.",
    ),
    401: _Told(
        "No token, or one that is not or no longer good.",
        "The token is no longer valid: sign in again.",
        "invalid_client",
        ("WWW-Authenticate",),
    ),
    403: _Told("The caller may see this, but not do it.", "You may not create service-account in any scope."),
    404: _Told(
        "Unknown, or not for the caller to see: the two look alike, to the byte.",
        "Service account not found.",
    ),
    406: _Told(
        "None of the media types that the Accept header names is served.", "This path answers JSON only."
    ),
    408: _Told("The body did not arrive in time.", "The body did not arrive within 30 s."),
    409: _Told("What is there already is in the way.", "A service account with this name already exists."),
    413: _Told("The body is too large.", "The body is larger than 1048576 bytes."),
    429: _Told(
        "Too many attempts from here; try again after the seconds that Retry-After says.",
        "Too many failed attempts; try again in 2 s.",
        "temporarily_unavailable",
        ("Retry-After",),
    ),
    500: _Told(
        "A defect of the server. Its log has it under the answer's X-Request-ID.",
        "Something went wrong here; the log has it under this answer's X-Request-ID.",
    ),
    503: _Told(
        "Not now: the database does not answer, or the question takes too long.",
        "The database does not answer.",
        "temporarily_unavailable",
        ("Retry-After",),
    ),
}
HEADERS: Final[Json] = {
    "X-Request-ID": {
        "description": "Names the request in the log and the audit log. A caller may choose it: a UUID in this header.",
        "schema": {"type": "string", "format": "uuid"},
    },
    "Retry-After": {
        "description": "After how many seconds to try again; not always there.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "The scheme by which to authenticate (RFC 9110 section 11.6.1).",
        "schema": {"type": "string"},
    },
}
