"""The proof that every sign-in begins with: an e-mail and a password, at one cost whatever they are."""

from keystead.changes.model import Origin
from keystead.credentials.throttle import SignInThrottle
from keystead.db.connection import Reader, Row
from keystead.kit.secret import Secret
from keystead.kit.text import fold
from keystead.usage.recorder import SignIn, UsageRecorder
from keystead.users import store
from keystead.users.passwords import Passwords

USER = "user"


class PasswordProofs:
    def __init__(
        self, reader: Reader, passwords: Passwords, usage: UsageRecorder, throttle: SignInThrottle
    ) -> None:
        self._reader = reader
        self._passwords = passwords
        self._usage = usage
        self._throttle = throttle

    async def of(self, email: str, password: Secret, origin: Origin, status_if_refused: int) -> Row | None:
        """The person whose e-mail and password these are; None when either is wrong, or they are disabled.

        A refusal is recorded, with the status of its answer. Raises a `Kind.THROTTLED` error after too many attempts,
        right or wrong. A change that rests on the proof compares `password_hash` once more.
        """
        self._throttle.admit_password(fold(email), origin.source_ip)
        person = await store.find_person_by_email(self._reader, email)
        stored = person["password_hash"] if person else None
        matches = await self._passwords.verify(stored, password)
        if person is None:
            await self._usage.refused(origin.source_ip)
            return None
        if not matches or not person["enabled"]:
            await self.refused(person, origin, status_if_refused)
            return None
        return person

    async def refused(self, person: Row, origin: Origin, status: int) -> None:
        """Records that somebody did not come in as this person."""
        await self._usage.sign_in(
            SignIn(
                USER, person["id"], person["email"], None, person["home_code"], None, False, status, origin
            )
        )
