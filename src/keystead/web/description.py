"""Serves the API's description: the document, the page to read, the page's style. Each is made once."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec

from keystead.web.errors import Headers
from keystead.web.openapi import About, describe
from keystead.web.operations import HTML_MEDIA, JSON_MEDIA, Operation, Reply
from keystead.web.pipeline import PUBLIC, Ready, Request, Route
from keystead.web.reference.page import DOCUMENT_PATH, STYLE_PATH, render

_TAG: Final = "Description"
_CSS_MEDIA: Final = "text/css"
_STYLE: Final = Path(__file__).parent / "reference" / "reference.css"
_POLICY: Final = (
    b"default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class DescriptionHttp:
    """`others` are all operations that are served but these."""

    def __init__(self, about: About, others: Sequence[Operation]) -> None:
        self._about = about
        self._others = others

    def routes(self) -> list[Route]:
        return [
            Route(
                method="GET",
                path=DOCUMENT_PATH,
                operation_id="get_openapi",
                access=PUBLIC,
                handler=self.document,
                tag=_TAG,
                summary="This description, for programs",
                answers={200: Reply(dict[str, Any], "An OpenAPI 3.1 document.")},
            ),
            Route(
                method="GET",
                path="/api/docs",
                operation_id="get_reference",
                access=PUBLIC,
                handler=self.page,
                tag=_TAG,
                summary="This description, for people",
                answers={200: Reply(None, "A page.", media=(HTML_MEDIA,))},
            ),
            Route(
                method="GET",
                path=STYLE_PATH,
                operation_id="get_reference_style",
                access=PUBLIC,
                handler=self.style,
                tag=_TAG,
                summary="The page's style sheet",
                answers={200: Reply(None, "A style sheet.", media=(_CSS_MEDIA,))},
            ),
        ]

    @cached_property
    def _document(self) -> dict[str, Any]:
        return describe(self._about, [*self._others, *self.routes()])

    @cached_property
    def encoded(self) -> bytes:
        """The document as JSON."""
        return msgspec.json.encode(self._document)

    @cached_property
    def _page(self) -> bytes:
        return render(self._document)

    @cached_property
    def _style(self) -> bytes:
        return _STYLE.read_bytes()

    async def document(self, _request: Request) -> Ready:
        return Ready(self.encoded, _headers(JSON_MEDIA))

    async def page(self, _request: Request) -> Ready:
        return Ready(self._page, [*_headers(HTML_MEDIA), (b"content-security-policy", _POLICY)])

    async def style(self, _request: Request) -> Ready:
        return Ready(self._style, _headers(_CSS_MEDIA))


def _headers(media: str) -> Headers:
    content_type = media if media == JSON_MEDIA else f"{media}; charset=utf-8"
    return [(b"content-type", content_type.encode()), (b"cache-control", b"public, max-age=300")]
