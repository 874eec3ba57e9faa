"""The small table of everyone who ever made something: their names outlive them here."""

from typing import Any, Final

from sqlalchemy import Select, bindparam, func, insert, select

from keystead.changes.engine import Transaction
from keystead.changes.model import Subject
from keystead.db.connection import Prepared
from keystead.db.query_sql import condition
from keystead.db.schema import actor
from keystead.kit.query import Filter
from keystead.kit.text import fold

_FIND = Prepared(select(actor.c.pk).where(actor.c.subject_id == bindparam("subject_id")))
_ADD = Prepared(
    insert(actor).values(
        subject_id=bindparam("subject_id"), name=bindparam("name"), name_folded=bindparam("name_folded")
    )
)
# Whoever made something by the place of their name among all names: lists sort numbers more quickly than texts.
MAKERS: Final = select(
    actor.c.pk, func.dense_rank().over(order_by=actor.c.name_folded).label("place")
).subquery("maker")


def makers_named(wanted: Filter) -> Select[Any]:
    """The keys of those whose name passes a filter."""
    return select(actor.c.pk).where(condition(actor.c.name_folded, wanted))


async def actor_pk(tx: Transaction, subject: Subject) -> int:
    """The key under which rows remember who made them; made when the subject makes its first thing."""
    row = await tx.fetch_one(_FIND, {"subject_id": subject.id})
    if row is not None:
        return int(row["pk"])
    return await tx.insert(
        _ADD, {"subject_id": subject.id, "name": subject.name, "name_folded": fold(subject.name)}
    )
