"""The small table of everyone who ever made something: their names outlive them here."""

from sqlalchemy import bindparam, insert, select

from keystead.changes.engine import Transaction
from keystead.changes.model import Subject
from keystead.db.connection import Prepared
from keystead.db.schema import actor
from keystead.kit.text import fold

_FIND = Prepared(select(actor.c.pk).where(actor.c.subject_id == bindparam("subject_id")))
_ADD = Prepared(
    insert(actor).values(
        subject_id=bindparam("subject_id"), name=bindparam("name"), name_folded=bindparam("name_folded")
    )
)


async def actor_pk(tx: Transaction, subject: Subject) -> int:
    """The key under which rows remember who made them; made when the subject makes its first thing."""
    row = await tx.fetch_one(_FIND, {"subject_id": subject.id})
    if row is not None:
        return int(row["pk"])
    return await tx.insert(
        _ADD, {"subject_id": subject.id, "name": subject.name, "name_folded": fold(subject.name)}
    )
