"""What a guard must ask about, and what it may take for granted."""

from keystead_guard import Caller
from keystead_guard.standing import CLOCKS_DIFFER_BY, Standing

START = 1_800_000_000
LATER = START + CLOCKS_DIFFER_BY + 1


def caller(issued_at: int = LATER, subject: str = "s", credential: str = "c", token: str = "t") -> Caller:
    return Caller(
        subject,
        "service-account",
        "ci",
        "1",
        frozenset(),
        token,
        credential,
        issued_at,
        issued_at + 3600,
        {},
        token,
    )


def following() -> Standing:
    standing = Standing()
    standing.begin(START)
    return standing


def test_before_the_first_word_of_the_feed_everything_is_asked_about() -> None:
    assert Standing().must_ask(caller())


def test_what_was_issued_before_may_have_ended_before() -> None:
    standing = following()
    assert standing.must_ask(caller(START - 1))
    assert standing.must_ask(caller(START + CLOCKS_DIFFER_BY))
    assert not standing.must_ask(caller(LATER))


def test_whose_subject_or_credential_was_named_is_asked_about_if_issued_before_that() -> None:
    for named in ("s", "c"):
        standing = following()
        standing.hear([named], [], LATER + 100)
        assert standing.must_ask(caller(LATER))
        assert standing.must_ask(caller(LATER + 100 + CLOCKS_DIFFER_BY))
        assert not standing.must_ask(caller(LATER + 101 + CLOCKS_DIFFER_BY))
        assert not standing.must_ask(caller(LATER, "other", "other"))


def test_what_is_remembered_is_forgotten_when_it_is_named_and_nothing_else_is() -> None:
    for named, dead in ((["s"], []), (["c"], []), ([], ["t"])):
        standing = following()
        standing.remember(caller(), LATER + 60)
        standing.remember(caller(subject="o", credential="p", token="q"), LATER + 60)
        moment = standing.moment
        standing.hear(named, dead, LATER)
        assert list(standing.entries) == ["q"]
        assert standing.moment != moment
    assert standing.is_dead(caller())


def test_nothing_heard_is_no_other_moment() -> None:
    standing = following()
    moment = standing.moment
    standing.hear([], [], LATER)
    assert standing.moment == moment


def test_all_that_was_remembered_goes_when_it_begins_again() -> None:
    standing = following()
    standing.remember(caller(), LATER + 60)
    standing.begin(LATER + 10)
    assert standing.entries == {}
    assert standing.must_ask(caller(LATER))


def test_memory_is_bounded_and_what_is_forgotten_is_asked_about() -> None:
    standing = Standing(most_tokens=2, most_named=2)
    standing.begin(START)
    for name in ("a", "b", "c"):
        standing.remember(caller(token=name), LATER + 60)
    assert list(standing.entries) == ["b", "c"]
    for number, name in enumerate(("x", "y", "z")):
        standing.hear([name], [f"dead-{name}"], LATER + 100 * number)
    assert standing.must_ask(caller(LATER, "x", "c")), "its naming was forgotten with the time of it"
    assert standing.must_ask(caller(LATER, "unnamed", "c"))
    assert not standing.must_ask(caller(LATER + 2 * CLOCKS_DIFFER_BY, "unnamed", "c"))


def test_decisions_are_forgotten_and_tokens_stay() -> None:
    standing = following()
    entry = standing.remember(caller(), LATER + 60)
    entry.decisions["read", "jobs", "1"] = True
    standing.forget_decisions()
    assert entry.decisions == {}
    assert list(standing.entries) == ["t"]
    standing.forget_tokens()
    assert standing.entries == {}
