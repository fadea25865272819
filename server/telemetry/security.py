"""What concerns the safety of an installation, as events with names: the security log.

This module is the only one that names them; `docs/operations/logs.md` says of each what to do, and
a test compares the two. No field holds a password, token or code, an e-mail, or the name of one
of a tenant's people.
"""

import secrets
from collections.abc import Mapping
from hashlib import blake2b
from logging import ERROR, INFO, NOTSET, WARNING
from typing import Literal, Protocol

import msgspec
import structlog

from server.telemetry.sparing import Sparing

Door = Literal["http", "socket"]

What = Literal["sign_in", "pairing", "display"]
"""What is guessed at: a password, a phone's code, a display's code."""

_LONGEST = 200
"""Of what strangers write, such as an `Origin`, so much is told."""

_KEY = secrets.token_bytes(32)


class _Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="event"):
    """Where it came from and, once that is known, who it was."""

    address: str = ""
    """The nearest one that is no proxy of ours."""
    tenant_id: str = ""
    person_id: str = ""
    device_id: str = ""
    """The sign-in, or the phone or display; opens nothing."""


class SignedIn(_Event, frozen=True, kw_only=True, tag="signed_in"):
    """A password was right and a device is signed in."""

    way: Literal["cookie", "bearer"]


class SignInFailed(_Event, frozen=True, kw_only=True, tag="sign_in_failed"):
    """Nobody was signed in. Whose account it was is known when there is one."""

    account: str
    """See `mark_of`."""
    why: Literal["wrong_proof", "several_tenants"]


class Throttled(_Event, frozen=True, kw_only=True, tag="throttled"):
    """Too many were wrong before; nothing was looked at."""

    what: What
    account: str = ""


class SignedOut(_Event, frozen=True, kw_only=True, tag="signed_out"):
    """A device gave its sign-in back."""


class PasswordChanged(_Event, frozen=True, kw_only=True, tag="password_changed"):
    """A person has another password, and no device of theirs is signed in."""

    by: str
    """Who sat at the machine, as its system knows them."""


class DeviceInvited(_Event, frozen=True, kw_only=True, tag="device_invited"):
    """A person made a code for a phone or a display, or typed the one that a display shows."""

    how: Literal["code", "approval"]
    subject: str
    """The driver, or the view of a display."""


class DevicePaired(_Event, frozen=True, kw_only=True, tag="device_paired"):
    """A phone or a display came in."""

    kind: Literal["driver", "display"]
    subject: str


class CodeRefused(_Event, frozen=True, kw_only=True, tag="code_refused"):
    """A code was wrong, used or too old."""

    what: What


class DeviceRevoked(_Event, frozen=True, kw_only=True, tag="device_revoked"):
    """A device may come in no more."""

    why: Literal["asked", "left"]
    """By a person, or because its driver or view is no longer active."""
    revoked_id: str
    """The device; `device_id` is where somebody asked for it."""


class RefreshReused(_Event, frozen=True, kw_only=True, tag="refresh_reused"):
    """A token that was replaced came again: somebody has a copy. The device is revoked."""


class CredentialRefused(_Event, frozen=True, kw_only=True, tag="credential_refused"):
    """A token opened nothing: expired, revoked, or never ours."""

    door: Door
    way: Literal["cookie", "display", "bearer", "ticket"]


class PermissionRefused(_Event, frozen=True, kw_only=True, tag="permission_refused"):
    """Somebody who is signed in asked for what their roles do not allow."""

    door: Door
    what: str
    """The route's pattern, the permission, or the kind of channel."""


class PageRefused(_Event, frozen=True, kw_only=True, tag="page_refused"):
    """A page that is not ours, or does not know its session's nonce, wanted to speak."""

    door: Door
    code: Literal["origin", "csrf"]
    origin: str = ""


class LimitHit(_Event, frozen=True, kw_only=True, tag="limit_hit"):
    """Somebody asked for more than anybody may, or sent what no program of ours sends."""

    door: Door
    limit: str
    """The code of the answer: `rate`, `too_large`, `malformed`, `overloaded`, …"""


class UnexpectedError(_Event, frozen=True, kw_only=True, tag="unexpected_error"):
    """A bug of ours; the line `bug` with the same incident tells it in full."""

    door: Door | Literal["none"]
    """`none`: nobody asked."""
    incident: str


SecurityEvent = (
    SignedIn
    | SignInFailed
    | Throttled
    | SignedOut
    | PasswordChanged
    | DeviceInvited
    | DevicePaired
    | CodeRefused
    | DeviceRevoked
    | RefreshReused
    | CredentialRefused
    | PermissionRefused
    | PageRefused
    | LimitHit
    | UnexpectedError
)

_LEVELS: Mapping[type[SecurityEvent], int] = {
    SignedIn: INFO,
    SignedOut: INFO,
    DeviceInvited: INFO,
    DevicePaired: INFO,
    PasswordChanged: INFO,
    DeviceRevoked: INFO,
    UnexpectedError: ERROR,
}

_MOST: Mapping[type[SecurityEvent], int] = {
    Throttled: 10,
    CredentialRefused: 10,
    PermissionRefused: 10,
    PageRefused: 10,
    LimitHit: 1,
}
"""Lines a minute of one asker, for what costs an asker nothing. All others are always told."""


class Asker(Protocol):
    """Whom an event may concern: as the log names them, and by nothing that names a person."""

    @property
    def tenant_id(self) -> str:
        """Of which tenant they are."""

    @property
    def person_id(self) -> str:
        """The person, or the driver's or display's own."""

    @property
    def device_id(self) -> str:
        """Where they are signed in."""


def seen_of(event: SecurityEvent, address: str, asker: Asker | None = None) -> SecurityEvent:
    """The event with where it came from and, once that is known, who it was."""
    seen: dict[str, str] = {"address": address}
    if asker is not None:
        seen["tenant_id"] = asker.tenant_id
        seen["person_id"] = asker.person_id
        seen["device_id"] = asker.device_id
    return msgspec.structs.replace(event, **seen)


class Security(Protocol):
    """Where such events go. Never fails, and returns at once."""

    def note(self, event: SecurityEvent, session_id: str = "") -> None:
        """It happened now. `session_id`: on this socket."""


class Unheard:
    """Nobody wants to know: for what only measures or tries out."""

    def note(self, event: SecurityEvent, session_id: str = "") -> None:
        """See `Security`."""


class SecurityLines:
    """Writes each as one line of the log, whatever the log's level; `log` is then `security`."""

    def __init__(self, sparing: Sparing | None = None) -> None:
        """Keep back what `sparing` says is too much."""
        self._sparing = sparing or Sparing()
        # KANVOY_LOG_LEVEL is about how the node does; who came in is not a matter of that.
        self._log = structlog.wrap_logger(
            None, wrapper_class=structlog.make_filtering_bound_logger(NOTSET)
        )

    def note(self, event: SecurityEvent, session_id: str = "") -> None:
        """See `Security`."""
        most = _MOST.get(type(event))
        fields: dict[str, object] = msgspec.to_builtins(event)
        name = str(fields.pop("event"))
        if most is not None:
            unsaid = self._sparing.admit(name, (session_id, event), most)
            if unsaid is None:
                return
            if unsaid:
                fields["unsaid"] = unsaid
        if session_id:
            fields["session_id"] = session_id
        shown = {key: v[:_LONGEST] if isinstance(v, str) else v for key, v in fields.items()}
        self._log.log(level_of(type(event)), name, log="security", **shown)


def level_of(event: type[SecurityEvent]) -> int:
    """As which level an event is logged; what was refused or failed is a warning."""
    return _LEVELS.get(event, WARNING)


def mark_of(email: str) -> str:
    """An account in the log, whether it exists or not: the same for the same e-mail.

    Keyed, and with a key that only this process knows: who reads the log cannot try e-mails, and
    whoever types a password where the e-mail belongs has not published it.
    """
    return blake2b(email.strip().lower().encode(), key=_KEY, digest_size=8).hexdigest()
