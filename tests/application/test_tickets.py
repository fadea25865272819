"""Tickets: one socket each, for whoever asked, as they are when they come."""

import pytest

from protocols.vocabulary import PersonId
from server.application.sign_in import Proof, SignedIn
from server.application.tickets import TICKET_MS, Doors
from tests.support.rules import rule
from tests.support.site import NORTH, PASSWORD, Site, a_site, person

pytestmark = pytest.mark.asyncio


async def anna(site: Site) -> SignedIn:
    proof = Proof(email="anna@example.org", password=PASSWORD, kind="cookie")
    signed_in = await site.entrance.sign_in(proof)
    assert isinstance(signed_in, SignedIn)
    return signed_in


def doors(site: Site) -> Doors:
    found: Doors = site.app.state.reach.doors
    return found


@rule("DV11")
async def test_a_ticket_opens_one_socket_within_half_a_minute():
    site = await a_site()
    signed_in = await anna(site)
    once, _ = await doors(site).issue(signed_in.principal)
    late, ends = await doors(site).issue(signed_in.principal)

    first = await doors(site).authenticate("ticket", once)
    second = await doors(site).authenticate("ticket", once)
    site.clock.advance(TICKET_MS / 1_000)
    old = await doors(site).authenticate("ticket", late)

    assert ends - signed_in.principal.expires_at < 0
    assert first is not None
    assert (first.actor.id, first.kind) == ("anna", "bearer")
    assert (second, old) == (None, None)


@rule("DV11")
async def test_a_ticket_of_somebody_who_left_meanwhile_opens_nothing():
    site = await a_site()
    ticket, _ = await doors(site).issue((await anna(site)).principal)

    await site.save(NORTH, person("anna", active=False))

    assert await doors(site).authenticate("ticket", ticket) is None


@rule("AU41")
async def test_whoever_came_in_with_a_ticket_is_not_asked_for_a_nonce_when_looked_at_again():
    site = await a_site()
    signed_in = await anna(site)
    ticket, _ = await doors(site).issue(signed_in.principal)
    came = await doors(site).authenticate("ticket", ticket)
    assert came is not None

    again = await doors(site).still(came)
    gone = await site.accounts.revoke_person(NORTH, PersonId("anna"))

    assert again == came
    assert gone == [signed_in.principal.sign_in_id]
    assert await doors(site).still(came) is None
