"""What the caller of a request sees of service accounts, in every list of them."""

from typing import Final

from keystead.authz.vocabulary import ACCESS_RULES, Action, Permission
from keystead.service_accounts.actions import READ
from keystead.service_accounts.selection import View
from keystead.web.pipeline import Request

_READ_RULES: Final = Permission(Action.READ, ACCESS_RULES)


def view_of(request: Request) -> View:
    """The accounts that the caller may read; columns and filters know the rules that the caller may read."""
    return View(request.visibility(READ), request.visibility(_READ_RULES))
