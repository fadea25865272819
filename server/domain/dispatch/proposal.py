"""A solution as the items of a plan, and items as commands that overwrite nobody. [PL]"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from protocols.commands import BulkItem
from protocols.deliveries import AssignDriver, MoveStop
from protocols.vocabulary import DeliveryId, DriverId, Instant, OrderId
from server.domain.dispatch.brief import Brief
from server.domain.dispatch.errands import Errand, mark_of
from server.domain.dispatch.problem import Arrival, Solution
from server.domain.fleet import PlanItem, PlanRest


def items_of(brief: Brief, solution: Solution) -> Iterator[PlanItem]:
    """What the plan would change, driver by driver in the order of the runs. [PL]"""
    for driver, stops in _runs(brief, solution).items():
        reordered = _reordered(brief, driver, stops)
        for position, stop in enumerate(stops, start=1):
            wanted = brief.wanted.get(stop.task)
            # PL18
            if wanted is None or (wanted.from_driver == driver and not reordered):
                continue
            yield PlanItem(
                order_id=wanted.errand.order_id,
                delivery_id=wanted.errand.delivery_id,
                from_driver=wanted.from_driver,
                epoch=wanted.epoch,
                to_driver=DriverId(driver),
                position=position,
                arrives=Instant(brief.now + stop.at * 1_000),
                judged=mark_of(wanted.errand),
            )


def rests_of(brief: Brief, solution: Solution) -> Iterator[PlanRest]:
    """What the plan gives to nobody, with the reason. What has a driver keeps it."""
    for left in (*brief.left, *solution.left):
        wanted = brief.wanted.get(left.task)
        if wanted is not None and wanted.from_driver is None:
            yield PlanRest(
                order_id=wanted.errand.order_id,
                delivery_id=wanted.errand.delivery_id,
                reason=left.why,
            )


def commands_of(
    items: Iterable[PlanItem], runs: Mapping[DriverId, tuple[DeliveryId, ...]]
) -> Iterator[BulkItem]:
    """Each item as a guarded command, in an order in which each stop finds its neighbours. [PL]

    `runs` are the runs as they are now; whoever was inserted meanwhile stays where they are.
    """
    for driver_id, given in _by_driver(items).items():
        moving = {item.delivery_id for item in given}
        run = [each for each in runs.get(driver_id, ()) if each not in moving]
        for item in given:
            at = min(item.position - 1, len(run))
            after = run[at - 1] if at else None
            before = run[at] if at < len(run) else None
            run.insert(at, item.delivery_id)
            yield BulkItem(command=_command(item, after, before))


def is_fresh(item: PlanItem, errand: Errand | None, holder: DriverId | None, epoch: int) -> bool:
    """Whether the delivery is still what it was when it was planned. [PL]"""
    # PL19
    return (
        errand is not None
        and (holder, epoch) == (item.from_driver, item.epoch)
        and mark_of(errand) == item.judged
    )


def _command(
    item: PlanItem, after: DeliveryId | None, before: DeliveryId | None
) -> AssignDriver | MoveStop:
    if item.from_driver == item.to_driver:
        return MoveStop(
            order_id=item.order_id,
            delivery_id=item.delivery_id,
            after_id=after,
            before_id=before,
        )
    return AssignDriver(
        order_id=OrderId(item.order_id),
        delivery_id=item.delivery_id,
        from_driver=item.from_driver,
        to_driver=item.to_driver,
        epoch=item.epoch,
        after_id=after,
        before_id=before,
    )


def _runs(brief: Brief, solution: Solution) -> dict[str, list[Arrival]]:
    """The planned stops of each driver, over all stretches of work."""
    found: dict[str, list[Arrival]] = defaultdict(list)
    for van, route in zip(brief.problem.vans, solution.routes, strict=True):
        found[van.driver] += route
    return found


def _reordered(brief: Brief, driver: str, stops: Iterable[Arrival]) -> bool:
    """Whether stops that stay with the driver come in another order than now."""
    planned = [stop.task for stop in stops]
    now = brief.runs.get(driver, ())
    return [i for i in planned if i in now] != [i for i in now if i in planned]


def _by_driver(items: Iterable[PlanItem]) -> dict[DriverId, list[PlanItem]]:
    found: dict[DriverId, list[PlanItem]] = defaultdict(list)
    for item in sorted(items, key=lambda each: each.position):
        found[item.to_driver].append(item)
    return found
