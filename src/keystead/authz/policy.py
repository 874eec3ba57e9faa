"""The decision: what a subject may do where, and by which rule. Pure: the caller brings the subject's grants.

Every endpoint, list and explanation asks these functions; there is no second opinion anywhere.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from keystead.authz import tree
from keystead.authz.tree import lies_in
from keystead.authz.visibility import Visibility
from keystead.authz.vocabulary import Action, Permission, ResourceType, words_of
from keystead.kit.errors import forbidden


class Grant(NamedTuple):
    """A rule as the decision sees it: permissions in a place and below."""

    rule_id: int
    role_id: int
    mask: int
    code: int


class Limit(NamedTuple):
    """What a credential leaves of what its subject holds: these permissions, in this place and below."""

    mask: int
    code: int


EVERY_PERMISSION: Final = -1  # as a mask


class Decision(NamedTuple):
    allowed: bool
    rule_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grants:
    """All that a subject holds."""

    held: tuple[Grant, ...]

    def mask_at(self, code: int) -> int:
        """Every permission held at a place: from rules there and above."""
        mask = 0
        for _, _, held, place in self.held:
            if lies_in(code, place):
                mask |= held
        return mask

    def mask_anywhere(self) -> int:
        mask = 0
        for grant in self.held:
            mask |= grant.mask
        return mask

    def allows(self, permission: Permission, code: int) -> bool:
        wanted = permission.mask
        for _, _, mask, place in self.held:  # noqa: SIM110 - a generator costs as much again
            if mask & wanted and lies_in(code, place):
                return True
        return False

    def allows_anywhere(self, permission: Permission) -> bool:
        wanted = permission.mask
        return any(grant.mask & wanted for grant in self.held)

    def words_at(self, code: int, resource: ResourceType, actions: Action) -> list[str]:
        """Which of `actions` on a resource are held at a place, in words."""
        return words_of(self.mask_at(code) & resource.mask(actions), resource)

    def missing_for(self, mask: int, code: int) -> int:
        """What of `mask` is not held at a place: 0 means that all of it is."""
        return mask & ~self.mask_at(code)

    def covers(self, others: "Grants") -> bool:
        """Whether this subject holds all that the other holds, where the other holds it (access law 9)."""
        return all(not self.missing_for(grant.mask, grant.code) for grant in others.held)

    def within(self, limit: Limit | None) -> "Grants":
        """What is left of them under a limit, never more. A grant from above the limit's place begins there."""
        if limit is None:
            return self
        kept = (
            grant._replace(mask=grant.mask & limit.mask, code=max(grant.code, limit.code))
            for grant in self.held
            if lies_in(grant.code, limit.code) or lies_in(limit.code, grant.code)
        )
        return Grants(tuple(grant for grant in kept if grant.mask))

    def visibility(self, permission: Permission) -> Visibility:
        """The ranges of places in which the permission is held."""
        wanted = permission.mask
        return Visibility(tree.merge(tree.reach(grant.code) for grant in self.held if grant.mask & wanted))

    def top_codes(self, permission: Permission) -> list[int]:
        """The highest places in which the permission is held; none lies below another."""
        return [low for low, _ in self.visibility(permission).ranges]


NOTHING_HELD = Grants(())


def require_in_tenant(grants: Grants, permission: Permission) -> None:
    """For what belongs to no other place. Raises a forbidden error."""
    if not grants.allows(permission, tree.ROOT):
        raise forbidden(f"You may not {permission} of the whole tenant.")


def decide(grants: Grants, action: Action, resource: ResourceType, code: int) -> Decision:
    """Whether the action is allowed at a place, and every rule that allows it."""
    wanted = resource.mask(action)
    rules = tuple(grant.rule_id for grant in grants.held if grant.mask & wanted and lies_in(code, grant.code))
    return Decision(bool(rules), rules)
