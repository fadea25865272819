"""What is personal is kept by nobody on the way, and not by the browser."""

import pytest

from tests.support.site import Site

pytestmark = pytest.mark.asyncio

PERSONAL = (
    "/v1/session",
    "/v1/customers",
    "/v1/products",
    "/v1/devices",
    "/v1/orders/order-1",
    "/v1/orders/order-1/timeline",
    "/v1/uploads/upload-1",
)


@pytest.mark.parametrize("address", PERSONAL)
async def test_what_is_personal_may_not_be_kept(site: Site, address: str):
    browser = await site.signed_in()

    answer = await browser.get(address)

    assert answer.status_code in {200, 404}
    assert answer.headers["cache-control"] == "no-store"
