"""Who brings what of an order, whatever anybody does: no piece is lost or doubled."""

from hypothesis import given, settings

from tests.domain.floor import Act, Floor, acts, miscounted, unsound
from tests.support.roads import carried
from tests.support.rules import rule


@rule("AL4")
@settings(max_examples=400)
@given(acts())
def test_every_piece_is_in_exactly_one_delivery_whatever_anybody_does(day: list[Act]):
    floor = Floor(carried())
    for act in day:
        floor.take(act)

        assert unsound(floor.order) == [], act
        assert floor.believed or miscounted(floor.order) == [], act
