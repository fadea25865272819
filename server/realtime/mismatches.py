"""Screens that showed something else than they were sent, in the log: it must never happen."""

from structlog import get_logger

from protocols.from_client import ReportMismatch
from protocols.vocabulary import SessionId
from server.domain.actor import Actor

_log = get_logger()


def mismatched(mismatch: ReportMismatch, by: Actor, session_id: SessionId) -> None:
    """Say who saw it, where, and both sums. The screen repairs itself by a new snapshot. [WB]"""
    # WB72
    _log.warning(
        "checksum mismatch",
        tenant_id=by.tenant_id,
        by=by.id,
        session_id=session_id,
        channel=mismatch.channel,
        cursor=mismatch.cursor,
        shown=mismatch.shown,
        told=mismatch.told,
    )
