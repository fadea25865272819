"""When a device's token is good, and what the next ones do to the others. Pure. [DV]

A refresh token works once. The one before it works only as long as nobody used what it was given:
then the answer was lost on the road, and the phone asks again. There is no time window to guess.
"""

from typing import Literal

from msgspec.structs import replace

from protocols.vocabulary import Instant
from server.application.devices import Device, DeviceToken

Judgement = Literal["good", "stale", "reused"]


def judge(device: Device, token: DeviceToken, now: Instant) -> Judgement:
    """Whether a token counts. `reused`: it was replaced and its successor used; somebody copied."""
    # DV6
    newest = token.generation == device.generation
    asked_again = token.generation == device.parent and device.used < device.generation
    if newest or asked_again:
        return "good" if token.expires_at > now else "stale"
    return "reused" if token.use == "refresh" else "stale"


def next_generation(device: Device, token: DeviceToken, now: Instant) -> Device:
    """The device after new tokens were given for this one."""
    return replace(
        device,
        generation=device.generation + 1,
        parent=token.generation,
        used=max(device.used, token.generation),
        rotated_at=now,
        seen_at=now,
    )


def seen(device: Device, token: DeviceToken, now: Instant) -> Device:
    """The device after one of its tokens was used."""
    return replace(device, used=max(device.used, token.generation), seen_at=now)
