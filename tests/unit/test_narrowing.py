"""OAuth's `scope`: what a token is narrowed to."""

from hypothesis import given
from hypothesis import strategies as st

from keystead.authz.narrowing import WORDS, limit_of, narrowing_words, unknown_word
from keystead.authz.policy import Grant, Grants
from keystead.authz.vocabulary import BY_NAME, Action, Permission

EVERYTHING = Grants((Grant(1, 1, (1 << 200) - 1, 0),))
READ_JOBS = Permission(Action.READ, BY_NAME["jobs"])
HELD = st.lists(st.builds(Grant, st.just(1), st.just(1), st.integers(0, 2**184 - 1), st.just(0)), max_size=4)


def test_what_openid_connect_asks_for_by_habit_narrows_nothing() -> None:
    assert narrowing_words("openid profile email offline_access") == []
    assert narrowing_words("") == []
    assert limit_of("") is None


def test_words_are_told_once_in_their_order() -> None:
    assert narrowing_words("jobs:read  openid jobs:create jobs:read") == ["jobs:read", "jobs:create"]


def test_a_word_that_is_none_is_found() -> None:
    for word in ("jobs", "jobs:", ":read", "jobs:see", "Jobs:read", "jobs:READ", "admin", "jobs:read\t"):
        assert unknown_word(["jobs:read", word]) == word
    assert unknown_word(WORDS) is None


def test_a_narrowed_token_does_what_its_words_say() -> None:
    narrowed = EVERYTHING.within(limit_of("jobs:read access_rules:delete"))
    assert narrowed.allows(READ_JOBS, 0)
    assert narrowed.allows(Permission(Action.DELETE, BY_NAME["access_rules"]), 0)
    for action, name in ((Action.CREATE, "jobs"), (Action.READ, "access_rules"), (Action.READ, "workloads")):
        assert not narrowed.allows(Permission(action, BY_NAME[name]), 0)


def test_a_word_that_this_version_does_not_know_leaves_nothing() -> None:
    assert EVERYTHING.within(limit_of("of:tomorrow")).held == ()


@given(held=HELD, words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=6))
def test_narrowing_never_widens(held: list[Grant], words: list[str]) -> None:
    grants = Grants(tuple(held))
    narrowed = grants.within(limit_of(" ".join(words)))
    assert grants.covers(narrowed)
    assert EVERYTHING.within(limit_of(" ".join(words))).covers(narrowed)
