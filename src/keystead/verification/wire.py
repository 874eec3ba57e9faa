"""What verifiers ask and get."""

from typing import Annotated, Final

import msgspec

from keystead.web.operations import Parameter
from keystead.web.wire import told

MAX_WAIT: Final = 25
"""Seconds that a question for changes may wait: proxies between cut what is quiet for longer than 30."""

Uuids = Annotated[list[str], told(example=["9f55255e-11ed-47c7-acef-fc4054768dbc"])]


AFTER: Final = Parameter(
    "after",
    Annotated[int, told(minimum=0, example=4711)],
    "The version that you know. Absent: you know nothing.",
)
HASH: Final = Parameter(
    "hash",
    Annotated[str, told(pattern="^[0-9a-f]{64}$")],
    "The `hash` that came with that version: tells a database that was restored from one that went on.",
)
WAIT: Final = Parameter(
    "wait",
    Annotated[int, told(minimum=0, maximum=MAX_WAIT, default=MAX_WAIT)],
    "How many seconds to wait for a change, if there is none yet.",
)


class StatusChanges(msgspec.Struct, rename="camel"):
    """What ended since a version. Tokens of what is named here, issued until `at`, must be asked about again.

    That something is named says that its tokens died, or that what they may do became another, or neither.
    """

    version: Annotated[int, told("Ask for what comes after this one.", 4712)]
    hash: Annotated[str, told("Send it along.", "5f" * 32)]
    at: Annotated[int, told("The server's time, in seconds since 1970.", 1_790_000_000)]
    reload: Annotated[bool, told("True: more changed than can be told; ask about every token again.", False)]
    subjects: Annotated[Uuids, told("People and accounts, by the `sub` of their tokens.")]
    credentials: Annotated[Uuids, told("Secrets, keys and sessions, by the `credential_id` of tokens.")]
    tokens: Annotated[Uuids, told("Single tokens, by their `jti`: these are dead.")]
    signing_keys: Annotated[bool, told("Fetch the key set again.", False)]
    rights: Annotated[
        bool, told("What subjects that are not named here may do changed: forget decisions.", False)
    ]
