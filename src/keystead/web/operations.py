"""What is served, as declarations: enough to route by, and all that the API's description says.

`web.pipeline.Route` adds who may come in and who answers. The token endpoints, which stand beside the pipeline, are
plain operations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

JSON_MEDIA: Final = "application/json"
FORM_MEDIA: Final = "application/x-www-form-urlencoded"
CSV_MEDIA: Final = "text/csv"
HTML_MEDIA: Final = "text/html"
TEXT_MEDIA: Final = "text/plain"


class Parameter(NamedTuple):
    """Of the query, or of the path where the path's template names it. `type` is a msgspec type."""

    name: str
    type: Any
    description: str
    required: bool = False
    deprecated: bool = False


class OneOf(NamedTuple):
    """In place of a reply's type: a body that is of one of these types."""

    types: Sequence[Any]


class Header(NamedTuple):
    name: str
    type: Any
    description: str


class Reply(NamedTuple):
    """What an answer of one status is, where its type alone does not say it.

    `type` None: no body, or text that no schema describes, in each of `media`.
    """

    type: Any
    description: str = ""
    headers: Sequence[Header] = ()
    media: Sequence[str] = (JSON_MEDIA,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A method at a path. Its errors, those in `errors` aside, follow from what else it declares.

    `body` is the msgspec type of what the request must carry; None for no body. `answers` gives for each good status a
    type, a Reply, or None for an empty answer. `body_examples` are whole bodies by name; without them one is made of
    the examples of the fields. `speaks_oauth`: clients authenticate as RFC 6749 has it, and errors are rendered so;
    `takes_bearer`: an access token will do, too.
    """

    method: str
    path: str
    operation_id: str
    summary: str = ""
    tag: str = ""
    description: str = ""
    parameters: Sequence[Parameter] = ()
    body: Any = None
    body_media: str = JSON_MEDIA
    body_examples: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[int, Any] = field(default_factory=dict)
    errors: Sequence[int] = ()
    deprecated: bool = False
    speaks_oauth: bool = False
    takes_bearer: bool = False
