"""Why a plan gives a stop to nobody: which single thing would have to be otherwise. [PL]"""

from collections.abc import Sequence as Series

from msgspec.structs import replace

from server.domain.dispatch.insertion import Tour, spot
from server.domain.dispatch.problem import FOR_EVER, Task, WhyLeft
from server.domain.dispatch.timing import fits, serves, serves_zone


def why_left(task: Task, tours: Series[Tour]) -> WhyLeft:
    """The reason in the finished plan: what, if relaxed alone, would let somebody bring it. [PL]"""
    # PL13
    if not tours:
        return "no_driver"
    if not any(serves_zone(tour.van, task) for tour in tours):
        return "zone_not_served"
    able = [tour for tour in tours if serves(tour.van, task)]
    if not able:
        return "no_skill"
    if task.closes < 0:
        return "window_closed"
    if not any(fits(tour.van, [task]) for tour in able):
        return "over_capacity"
    at_any_time = replace(task, opens=0, closes=FOR_EVER)
    alone = [tour.emptied() for tour in able]
    if spot(alone, task) is None:
        return "too_far" if spot(alone, at_any_time) is None else "window_closed"
    if spot(able, replace(task, load=(0, 0, 0))) is not None:
        return "over_capacity"
    return "shift_full" if spot(able, at_any_time) is None else "window_closed"
