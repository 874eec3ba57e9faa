"""`keystead openapi`: the API's description, without a server. Clients are generated from it, the console's too."""

import asyncio
import tempfile
from pathlib import Path

import msgspec
import structlog

from keystead.app import build
from keystead.cli.databases import prepared
from keystead.kit.clock import SystemClock
from keystead.settings import Settings
from keystead.tokens.master_key import MasterKey, key_from_file


def api_description(public_url: str) -> bytes:
    """The document as JSON, as a server at `public_url` would serve it.

    It comes from a whole server whose data lives as long as this call, so that it cannot say what is not served.
    """
    with tempfile.TemporaryDirectory() as directory:
        document = asyncio.run(_described(public_url, Path(directory)))
    return msgspec.json.format(document, indent=2) + b"\n"


async def _described(public_url: str, directory: Path) -> bytes:
    settings = Settings.load(
        {"KEYSTEAD_DATA_DIR": str(directory), "KEYSTEAD_PUBLIC_URL": public_url},
    )
    async with prepared(settings) as database:
        keystead = await build(
            settings,
            database,
            MasterKey(key_from_file(directory / "master.key")),
            SystemClock(),
            structlog.get_logger(),
            keep_generated_password=directory / "password",
        )
        keystead.close()
        return keystead.description.encoded
