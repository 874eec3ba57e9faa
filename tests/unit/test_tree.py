"""Codes of places: two ways to ask whether one lies in another must agree, and the tree itself is the judge."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from keystead.authz.policy import Grant, Grants
from keystead.authz.tree import MAX_ORDINAL, Level, Scope, ancestors, child_code, lies_in, reach
from keystead.authz.vocabulary import BY_NAME, Action, Permission

TENANT = Scope("", Level.TENANT, 0, "")


@st.composite
def places(draw: st.DrawFn) -> int:
    """Of any level; ordinals are small, so that places meet, or the greatest there are."""
    scope = TENANT
    for level in itertools.islice((Level.CLUSTER, Level.DEPARTMENT, Level.PROJECT), draw(st.integers(0, 3))):
        ordinal = draw(st.sampled_from((1, 2, MAX_ORDINAL[level])))
        scope = Scope("", level, child_code(scope, ordinal), "")
    return scope.code


@given(places(), places())
def test_a_place_lies_in_those_above_it_and_in_itself(code: int, place: int) -> None:
    low, high = reach(place)
    assert lies_in(code, place) is (place in ancestors(code)) is (low <= code <= high)


@given(places(), places())
def test_a_grant_holds_where_it_was_given_and_below(code: int, place: int) -> None:
    permission = Permission(Action.READ, BY_NAME["jobs"])
    held = Grants((Grant(1, 5, permission.mask, place),))
    assert held.allows(permission, code) is bool(held.mask_at(code)) is lies_in(code, place)
    assert not held.allows(Permission(Action.DELETE, BY_NAME["jobs"]), code)
