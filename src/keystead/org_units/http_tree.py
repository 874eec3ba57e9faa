"""The API of walking the organisation's tree, for pickers: a level at a time, or by name."""

from typing import Annotated, Final

import msgspec

from keystead.authz.policy import Grants
from keystead.db.connection import Reader
from keystead.kit.errors import bad_input
from keystead.kit.ids import canonical_id
from keystead.org_units import browsing
from keystead.org_units.browsing import Node, TreeView
from keystead.org_units.scopes import permitted_on
from keystead.web.lists import OFFSET, limit_parameter, search_parameter
from keystead.web.operations import Parameter
from keystead.web.params import Parameters, read_page, read_search, single
from keystead.web.pipeline import SIGNED_IN, Answer, Request, Route
from keystead.web.wire import ActionWord, ScopeId, ScopeName, ScopePath, ScopeType, told

_DEFAULT: Final = 100
_MOST: Final = 500
_MOST_PLACES: Final = 100


class OrgUnitNode(msgspec.Struct, rename="camel"):
    """A place in the organisation."""

    scope_id: ScopeId
    scope_type: ScopeType
    scope_name: ScopeName
    scope_path: ScopePath
    child_count: Annotated[int, told("How many places directly below it you may see.", 4)]
    permitted_actions: Annotated[
        list[ActionWord],
        told("What you may do there; `create`: make a place directly below it.", ["create", "update"]),
    ]


class OrgUnitNodes(msgspec.Struct, rename="camel", omit_defaults=True):
    nodes: list[OrgUnitNode]
    next: Annotated[int | None, told("The offset of the next page; absent on the last.", 100)] = None


class OrgUnitTreeHttp:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path="/api/v1/org-unit/tree",
                operation_id="get_org_unit_tree",
                access=SIGNED_IN,
                handler=self.walk,
                tag="Organisation",
                summary="Walk the organisation's tree",
                description=(
                    "Without a parameter: the highest places that you may see. With `parentId`: what lies right below "
                    "it. With `scopeId`: the places of these ids. With `search`: every visible place whose name "
                    "contains the text, the highest first."
                ),
                parameters=(
                    Parameter("parentId", ScopeId, "The place whose children are wanted."),
                    Parameter(
                        "scopeId",
                        Annotated[list[ScopeId], told(minItems=1, maxItems=_MOST_PLACES)],
                        "The places that are wanted themselves, joined by commas.",
                    ),
                    search_parameter("names"),
                    limit_parameter("limit", _DEFAULT, _MOST),
                    OFFSET,
                ),
                answers={200: OrgUnitNodes},
            )
        ]

    async def walk(self, request: Request) -> Answer:
        page = read_page(request.query, default_limit=_DEFAULT, max_limit=_MOST)
        grants = request.grants()
        view = TreeView(grants)
        parent_id, scope_ids = single(request.query, "parentId"), _scope_ids(request.query)
        text = read_search(request.query)
        if scope_ids:
            nodes, more = await browsing.places(self._reader, view, scope_ids, page)
        elif parent_id:
            nodes, more = await browsing.children(self._reader, view, canonical_id(parent_id), page)
        elif text:
            nodes, more = await browsing.named(self._reader, view, text, page)
        else:
            nodes, more = await browsing.beginnings(self._reader, view, page)
        return Answer(
            200,
            OrgUnitNodes(
                [_answer(node, grants) for node in nodes], page.offset + len(nodes) if more else None
            ),
        )


def _scope_ids(query: Parameters) -> list[str]:
    """Given several times, or once with commas: as lists of the contract are."""
    given = [
        canonical_id(part) for name, value in query if name == "scopeId" for part in value.split(",") if part
    ]
    if len(given) > _MOST_PLACES:
        raise bad_input("scopeId", f"has {len(given)} places; at most {_MOST_PLACES} are told at once.")
    return given


def _answer(node: Node, grants: Grants) -> OrgUnitNode:
    scope = node.scope
    return OrgUnitNode(
        scope.id,
        scope.level.word,
        scope.name,
        "/".join(node.path),
        node.children,
        permitted_on(grants, scope.level, scope.code),
    )
