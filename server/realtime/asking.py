"""The order of questions and answers on one socket: asked in order, answered in order. [CL]"""

from typing import assert_never

from protocols.from_server import Busy, ItemReceipt, Receipt, Rejected
from protocols.vocabulary import Number
from server.application.pace import (
    COMMANDS_BURST,
    COMMANDS_PER_SECOND,
    Bucket,
    cost_of,
    tenant_wait,
)
from server.application.submission import Submission
from server.application.verdict import Denied, Done, Verdict
from server.realtime.effects import Ask, Effect, Send
from server.realtime.limits import REFUSALS, UNANSWERED
from server.realtime.reading import LONG, number_of
from server.realtime.wire import Codec

_TOO_MANY_MS = 1_000
"""Wait for a client with too many unanswered commands: long enough for a slow commit."""


class _Asked:
    """A command whose answer is awaited, or waits for an earlier one."""

    __slots__ = ("answer", "number")

    def __init__(self, number: Number) -> None:
        self.number = number
        self.answer: Receipt | Rejected | Busy | None = None


class Asking:
    """The commands of one socket between their arrival and their answer.

    A number without a verdict holds all later numbers up: the client sends them again anyway,
    and asking them out of order would have them refused as a gap.
    """

    def __init__(self, tenant: Bucket) -> None:
        """Nothing was asked yet; all sockets of the tenant ask out of its bucket."""
        self._tenant = tenant
        self._asked: dict[int, _Asked] = {}
        self._tickets = 0
        self._bucket = Bucket(COMMANDS_PER_SECOND, COMMANDS_BURST)
        self._resume_from: Number | None = None
        self._refusals = 0

    @property
    def is_abused(self) -> bool:
        """Whether the client goes on although it was told to wait, again and again. [LM4]"""
        return self._refusals >= REFUSALS

    def drops_unread(self, codec: Codec, payload: bytes) -> bool:
        """Whether a long frame is a command that is dropped anyway, and need not be read. [LM3]

        Who sends bulks on and on, although told to wait, would have 60 KB read for each.
        """
        if self._resume_from is None or len(payload) < LONG:
            return False
        number = number_of(codec, payload)
        return number is not None and number > self._resume_from

    def ask(self, submission: Submission, now: float) -> list[Effect]:
        """Have a command decided, or say that it is too early for it."""
        # LM3
        if self._resume_from is not None and submission.number > self._resume_from:
            return []
        cost = cost_of(submission.command)
        wait_ms = self._wait_ms(now, cost)
        if wait_ms:
            self._refusals += 1
            return self._refused(submission.number, wait_ms)
        # LM13: no fault of this socket's, so LM4 does not count it.
        wait = tenant_wait(self._tenant, now, cost)
        if wait:
            return self._refused(submission.number, round(wait * 1_000))
        self._refusals = 0
        self._resume_from = None
        self._tickets += 1
        self._asked[self._tickets] = _Asked(submission.number)
        return [Ask(self._tickets, submission)]

    def answered(self, ticket: int, verdict: Verdict) -> list[Effect]:
        """A verdict has come; send what may be sent now."""
        return self._settle(ticket, answer(verdict))

    def busy(self, ticket: int, retry_after: float) -> list[Effect]:
        """There is no verdict; the client sends this number and all later ones again. [CL6]"""
        asked = self._asked.get(ticket)
        if asked is None:
            return []
        retry_ms = max(1, round(retry_after * 1_000))
        return self._settle(ticket, Busy(number=asked.number, retry_ms=retry_ms, cause="storage"))

    def _refused(self, number: Number, wait_ms: int) -> list[Effect]:
        self._resume_from = number
        return [Send(Busy(number=number, retry_ms=wait_ms, cause="rate"))]

    def _wait_ms(self, now: float, cost: int) -> int:
        # LM5
        if len(self._asked) >= UNANSWERED:
            return _TOO_MANY_MS
        # LM2
        wait = self._bucket.wait(now, cost)
        return 0 if wait == 0 else max(1, round(wait * 1_000))

    def _settle(self, ticket: int, reply: Receipt | Rejected | Busy) -> list[Effect]:
        asked = self._asked.get(ticket)
        if asked is None:
            # The client was told to send this number again and gets the stored answer then.
            return []
        asked.answer = reply
        return self._flush()

    def _flush(self) -> list[Effect]:
        # CL5
        effects: list[Effect] = []
        while self._asked:
            ticket, first = next(iter(self._asked.items()))
            if first.answer is None:
                break
            del self._asked[ticket]
            effects.append(Send(first.answer))
            if isinstance(first.answer, Busy):
                self._hold_from(first.number)
        return effects

    def _hold_from(self, number: Number) -> None:
        # CL6
        if self._resume_from is None or number < self._resume_from:
            self._resume_from = number
        self._asked.clear()


def answer(verdict: Verdict) -> Receipt | Rejected:
    """A verdict in the words of the wire."""
    match verdict:
        case Denied(number=number, rejection=rejection):
            return Rejected(number=number, rejection=rejection)
        case Done():
            return Receipt(
                number=verdict.number,
                outcome="applied" if verdict.changed else "noop",
                sequence=verdict.sequence,
                versions=verdict.versions,
                warnings=verdict.warnings,
                items=tuple(
                    ItemReceipt(
                        index=item.index,
                        aggregate_id=item.aggregate_id,
                        version=item.version,
                        rejection=item.rejection,
                    )
                    for item in verdict.items
                ),
                dry_run=verdict.dry_run,
                undo_of=verdict.undo_of,
            )
        case _:
            assert_never(verdict)
