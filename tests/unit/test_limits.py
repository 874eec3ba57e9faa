"""What a limit leaves of what somebody holds: exactly the overlap, at every place."""

from hypothesis import given
from hypothesis import strategies as st

from keystead.authz import tree
from keystead.authz.policy import EVERY_PERMISSION, Grant, Grants, Limit

PLACES = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 1, 2), (1, 2, 0), (2, 0, 0), (2, 1, 1)]
CODES = [cluster << 48 | department << 24 | project for cluster, department, project in PLACES]
MASKS = st.integers(0, 15)
GRANTS = st.lists(st.builds(Grant, st.integers(1, 9), st.just(1), MASKS, st.sampled_from(CODES)), max_size=5)


@given(GRANTS, st.builds(Limit, MASKS | st.just(EVERY_PERMISSION), st.sampled_from(CODES)))
def test_what_is_left_is_what_both_allow_there(held: list[Grant], limit: Limit) -> None:
    grants = Grants(tuple(held))
    left = grants.within(limit)
    low, high = tree.reach(limit.code)
    for code in CODES:
        expected = grants.mask_at(code) & limit.mask if low <= code <= high else 0
        assert left.mask_at(code) == expected
    assert grants.covers(left)


@given(GRANTS)
def test_no_limit_leaves_everything(held: list[Grant]) -> None:
    grants = Grants(tuple(held))
    assert grants.within(None) is grants
    whole = grants.within(Limit(EVERY_PERMISSION, 0))
    assert all(whole.mask_at(code) == grants.mask_at(code) for code in CODES)
