import pytest
from msgspec.structs import replace

from protocols.commands import SaveCustomer
from protocols.rejections import Forbidden, Invalid, Stale
from protocols.values import Party
from protocols.vocabulary import CustomerId, PlanId, Version
from server.domain.fleet import Plan
from server.domain.records import Record, RecordSaved, SaveRecord
from server.domain.records_decide import decide_record, decide_save
from server.domain.records_evolve import evolve_record
from tests.support.builders import (
    NOW,
    a_customer,
    a_driver,
    a_person,
    a_product,
    a_workflow,
    a_world,
    accepted,
    an_actor,
    asked,
    refused,
    some_settings,
)
from tests.support.rules import rule


def save(name: str = "Ida", identity: str = "cust-1") -> SaveCustomer:
    return SaveCustomer(customer_id=CustomerId(identity), customer=Party(name=name))


def test_a_saved_customer_has_one_more_version():
    events = accepted(decide_record(None, save(identity="cust-2"), asked(), a_world()))

    saved = evolve_record(events, Version(1))

    assert (saved.id, saved.version) == ("cust-2", 1)


@rule("RE1")
@pytest.mark.parametrize(
    ("record", "permission"),
    [
        (a_customer(), "customer.edit"),
        (a_product(), "catalogue.edit"),
        (a_person(), "settings.edit"),
        (a_driver(), "settings.edit"),
        (some_settings(), "settings.edit"),
        (a_workflow(), "settings.edit"),
    ],
)
def test_each_kind_of_record_needs_its_permission(record: Record, permission: str):
    meek = asked(an_actor(without=[permission]))  # type: ignore[list-item]
    command = SaveRecord(record=record)

    assert refused(decide_save(record, command, meek, a_world())) == Forbidden(
        permission=permission  # type: ignore[arg-type]
    )
    assert accepted(decide_save(record, command, asked(), a_world())) == (
        RecordSaved(record=record),
    )


@rule("RE1")
def test_a_customer_is_saved_by_who_may():
    meek = asked(an_actor(without=["customer.edit"]))

    assert isinstance(refused(decide_record(None, save(), meek, a_world())), Forbidden)


@rule("RE2")
def test_a_record_has_a_name():
    product = replace(a_product(), name=" ")

    assert isinstance(refused(decide_record(None, save(" "), asked(), a_world())), Invalid)
    assert isinstance(
        refused(decide_save(None, SaveRecord(record=product), asked(), a_world())), Invalid
    )


@rule("RE3")
def test_saving_the_same_customer_again_does_nothing():
    before = replace(
        a_customer(version=5), customer=Party(name="Ida"), shipping_address=save().shipping_address
    )

    assert accepted(decide_record(before, save(), asked(), a_world())) == ()


@rule("RE4")
def test_saving_a_customer_that_somebody_saved_since_is_stale():
    before = a_customer(version=5)
    seen = asked(base_version=Version(5))

    reason = refused(decide_record(before, save(), asked(), a_world()))

    assert isinstance(reason, Stale)
    assert (reason.current_version, reason.conflicts[0].theirs) == (5, before)
    assert accepted(decide_record(before, save(), seen, a_world()))


@rule("RE5")
def test_a_customer_called_settings_does_not_replace_the_settings():
    command = save(identity="settings")

    assert isinstance(refused(decide_record(None, command, asked(), a_world())), Invalid)


@rule("PL16")
def test_a_plan_is_saved_at_the_version_that_was_seen():
    seen = Plan(id=PlanId("plan-1"), version=Version(3), by_name="Mei", at=NOW, state="proposed")
    given = asked(an_actor())

    slower = decide_save(
        replace(seen, version=Version(4)), SaveRecord(record=seen), given, a_world()
    )
    newer = decide_save(seen, SaveRecord(record=replace(seen, state="discarded")), given, a_world())

    assert isinstance(refused(slower), Stale)
    (saved,) = accepted(newer)
    assert saved.record.state == "discarded"
