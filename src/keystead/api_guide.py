"""What the API's description says beside its operations: how the API speaks, and the chapters."""

from typing import Final

from keystead import __version__
from keystead.tokens.wire import OAuth2Error
from keystead.web.errors import Error
from keystead.web.openapi import About, Chapter
from keystead.web.own_requests import REQUEST_HEADER, REQUEST_VALUE, cookie_name

_INTRODUCTION: Final = """\
Identities for programs, and what they may do. An administrator makes a service account and gives it access rules: a
role in a scope of the organisation (tenant, cluster, department, project). A program exchanges the account's secret for
a short-lived token, and every API of the platform accepts that token.

## Signing in

`POST /api/v2/token` exchanges a client ID and its secret, or a person's e-mail and password, for an access token: a JWT
that any JOSE library verifies with the keys at `/.well-known/jwks.json`. Send it as `Authorization: Bearer <token>`.
What a change takes away is gone when the change is answered, tokens that were earned before it included.

Browsers sign in at `POST /api/v1/session` and get a cookie instead, which no script can read. What changes anything
then needs the header `X-Keystead-Request: console`. Making a secret needs a password that was proved in the last 15
minutes: the answer is otherwise a 401 whose `details` are `insufficient_user_authentication`, and
`POST /api/v1/session/proof` helps.

`scope=jobs:read` narrows a token to what it says; `resource` asks for one that is meant for another API, among those of
the account. An API that gets a token verifies it, asks at `POST /api/v2/introspect`, or follows `GET /api/v1/changes`.

## Who may

A permission is an action (create, read, update, delete) on a kind of thing, held in a scope and in all that lies below
it. What you may not read is a 404, the same as what does not exist. What you may read but not do is a 403. A name in a
body that you may not read counts as unknown.

## Secrets

A client secret is `ksk_`, 43 random letters and digits and a checksum of 6, so that a scanner can tell a leaked one.
Secrets and temporary passwords are told once, in the answer that makes them; nobody can read them again.

## Lists

- `filterBy` takes conditions that all must hold, `search` free text, `sortBy` and `sortOrder` the order, `limit` and
  `offset` the part. Parameters that a list does not know are ignored; known ones that are wrong are a 400.
- Some lists say in `X-Total-Count` how many rows there are over all pages. `X-Total-Count-Exact: false` means that
  there are more than it says.
- `Accept: text/csv`, where it is offered, answers the same rows as a file. Cells that a spreadsheet would run as a
  formula begin with an apostrophe. `X-Truncated-At` says where a long file was cut.

## Errors

An error is `{"code": 400, "message": "..."}`, with the same status as the answer. The OAuth endpoints answer as RFC
6749 has it: `{"error": "invalid_client", "error_description": "..."}`. Every answer has an `X-Request-ID`; send a UUID
in that header to choose it yourself.

## Times

Times are UTC in ISO 8601, with milliseconds and `Z`. A time that is sent without an offset is read as UTC.
"""
_CHAPTERS: Final = (
    Chapter("Tokens", "Exchange a secret, a password or a refresh token for an access token."),
    Chapter("Verification", "For APIs that honour tokens: whether one is good now, and what ended."),
    Chapter("Sessions", "People in their browsers: signing in and out, proving a password again."),
    Chapter("Service accounts", "Identities for programs, and their secrets."),
    Chapter(
        "Access keys", "People's own: by one a program acts for its person, with what they hold or less."
    ),
    Chapter(
        "Access rules", "One rule gives one subject one role in one scope, and in all that lies below it."
    ),
    Chapter("Permissions", "What somebody may do, where, and why."),
    Chapter("Me", "What concerns whoever asks."),
    Chapter("Roles", "Sets of permissions with a name: those of the product, and custom ones."),
    Chapter("Users", "People, who sign in with a password."),
    Chapter("Organisation", "The tree of all places: tenant, clusters, departments, projects."),
    Chapter("Tenant", "The whole of it, and its features."),
    Chapter("Clusters", "The level below the tenant."),
    Chapter("Departments", "The level below a cluster."),
    Chapter("Projects", "The level below a department."),
    Chapter("Audit log", "Every change and every sign-in, chained so that nothing can be taken out unseen."),
    Chapter("Security settings", "What holds for everybody who signs in."),
    Chapter("Signing keys", "What signs tokens: how long, and which one."),
    Chapter("Discovery", "What verifiers and standard clients look for."),
    Chapter("Health", "For those who keep Keystead running."),
    Chapter("Description", "This, in its forms."),
)
_SECURITY: Final[dict[str, dict[str, str]]] = {
    "bearerAuth": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token from one of the token endpoints.",
    },
    "clientBasic": {
        "type": "http",
        "scheme": "basic",
        "description": "A client ID and its secret, both form-encoded (RFC 6749 section 2.3.1).",
    },
}


def about(url: str) -> About:
    """`url` is the address by which clients reach this server."""
    security = _SECURITY | {
        "sessionCookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name(url),
            "description": (
                "A browser's session, from `POST /api/v1/session`. Every method but GET and HEAD needs the header "
                f"`{REQUEST_HEADER}: {REQUEST_VALUE}` beside it."
            ),
        }
    }
    return About("Keystead API", __version__, _INTRODUCTION, url, _CHAPTERS, Error, OAuth2Error, security)
