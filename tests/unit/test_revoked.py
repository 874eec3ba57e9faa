"""Which tokens were revoked, as processes remember it."""

from keystead.changes.model import Touches
from keystead.kit.clock import SECOND
from keystead.tokens.key_life import LONGEST_TOKEN
from keystead.tokens.revoked import RevokedTokens


class Clock:
    time = 1_800_000_000 * SECOND

    def now(self) -> int:
        return self.time


def test_what_a_change_names_is_revoked_until_no_token_of_then_can_live() -> None:
    clock = Clock()
    revoked = RevokedTokens({"old": clock.now() + SECOND}, clock)
    revoked.hear(Touches(tokens=("first",)))
    assert [jti in revoked for jti in ("old", "first", "other")] == [True, True, False]
    clock.time += LONGEST_TOKEN * SECOND - 1
    revoked.hear(Touches(tokens=("second",)))
    assert [jti in revoked for jti in ("old", "first", "second")] == [False, True, True]
    clock.time += 1
    revoked.hear(Touches(tokens=("third",)))
    assert len(revoked) == 2


def test_what_is_heard_while_the_table_is_read_stays() -> None:
    clock = Clock()
    revoked = RevokedTokens({}, clock)
    revoked.hear(Touches(tokens=("heard",)))
    revoked.learn({"read": clock.now() + SECOND})
    assert "heard" in revoked
    assert "read" in revoked


def test_other_changes_revoke_nothing() -> None:
    revoked = RevokedTokens({}, Clock())
    revoked.hear(Touches(subjects=("somebody",), credentials=("some",)))
    assert len(revoked) == 0
