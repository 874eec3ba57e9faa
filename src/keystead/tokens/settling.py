"""People who have something to do first: their tokens are for that, and for nobody but Keystead.

Such a token has an audience of its own, so that an API which verifies it by itself refuses it as one that is meant for
another. It keeps it to its end: who has settled gets the next token.
"""

from typing import Final

from keystead.access_rules.index import USER, SubjectIndex, SubjectState
from keystead.changes.model import Subject
from keystead.tenant_settings.model import CurrentSettings

_PATH: Final = "/api/v1/me"


class Settling:
    """`audience` is what the tokens of the unsettled are meant for."""

    def __init__(self, issuer_url: str, subjects: SubjectIndex, settings: CurrentSettings) -> None:
        self.audience = issuer_url + _PATH
        self._subjects = subjects
        self._settings = settings

    def must_enrol(self, state: SubjectState) -> bool:
        """Whether a person lacks the second factor that the tenant requires."""
        is_person = state.subject.type == USER
        return is_person and not state.has_second_factor and self._settings.second_factor_required

    def is_settled(self, state: SubjectState) -> bool:
        return not (state.must_change_password or self.must_enrol(state))

    async def has_settled(self, subject: Subject) -> bool:
        """The same as of now. Programs have nothing to settle: for them nothing is read."""
        if subject.type != USER:
            return True
        state = await self._subjects.find(subject.type, subject.id)
        return state is not None and self.is_settled(state)
