"""What somebody holds by place, broadest first: what is held above counts, and what adds nothing is left out."""

from hypothesis import given
from hypothesis import strategies as st

from keystead.authz.policy import Grant, Grants
from keystead.authz.tree import ancestors, level_of
from keystead.users.held import masks_that_add

CLUSTER, DEPARTMENT, PROJECT = 1 << 48, (1 << 48) + (1 << 24), (1 << 48) + (1 << 24) + 1
CODES = (0, CLUSTER, DEPARTMENT, PROJECT, 2 << 48, (2 << 48) + (1 << 24), (1 << 48) + (2 << 24))


def holding(*held: tuple[int, int]) -> Grants:
    return Grants(tuple(Grant(number, 1, mask, code) for number, (mask, code) in enumerate(held)))


def test_nothing_held_is_nothing() -> None:
    assert masks_that_add(holding()) == {}
    assert masks_that_add(holding((0, CLUSTER))) == {}


def test_what_is_held_above_counts_below_and_is_not_repeated() -> None:
    found = masks_that_add(holding((1, PROJECT), (2, CLUSTER), (3, DEPARTMENT), (2, 2 << 48)))
    assert list(found.items()) == [(CLUSTER, 2), (2 << 48, 2), (DEPARTMENT, 3)]


@given(st.lists(st.tuples(st.integers(0, 15), st.sampled_from(CODES)), max_size=12))
def test_it_is_what_decisions_say(held: list[tuple[int, int]]) -> None:
    grants = holding(*held)
    found = masks_that_add(grants)
    assert list(found) == sorted(found, key=lambda code: (level_of(code), code))
    for code in CODES:
        nearest = [above for above in reversed(ancestors(code)) if above in found]
        assert (found[nearest[0]] if nearest else 0) == grants.mask_at(code)
        if code in found:
            assert found[code] == grants.mask_at(code)
