"""The Northwind order book as it lies in the CSV files, in our words."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from importlib.resources import files

import msgspec

from protocols.values import Address, Party
from protocols.vocabulary import BasisPoints, CustomerId, Minor, PersonId, ProductId
from server.demo.fleet import weight_of
from server.domain.records import Customer, Product


class BookedLine(msgspec.Struct, frozen=True):
    """One line of a booked order."""

    product_id: ProductId
    quantity: int
    unit_price: Minor
    discount: BasisPoints


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """One order of the book. `shipped` is missing for those still open in 1998."""

    reference: str
    customer_id: CustomerId
    csr_id: PersonId
    ordered: date
    shipped: date | None
    freight: Minor
    address: Address
    lines: tuple[BookedLine, ...]


def customers() -> list[Customer]:
    """The 91 customers with their addresses."""
    return [_customer(row) for row in _table("customers")]


def products() -> list[Product]:
    """The 77 products, also those discontinued in 1998: its open orders still contain them."""
    return [
        Product(
            id=_product_id(row["product_id"]),
            sku=f"NW-{int(row['product_id']):03}",
            name=row["product_name"],
            unit_price=_minor(row["unit_price"]),
            weight_g=weight_of(row["product_id"])[0],
            volume_ml=weight_of(row["product_id"])[1],
        )
        for row in _table("products")
    ]


def employees() -> dict[PersonId, str]:
    """The nine employees: id → name, in the order of the book."""
    return {
        _person_id(row): f"{row['first_name']} {row['last_name']}" for row in _table("employees")
    }


def orders() -> list[Booked]:
    """The 830 orders, oldest first."""
    lines: dict[str, list[BookedLine]] = defaultdict(list)
    for row in _table("order_details"):
        lines[row["order_id"]].append(
            BookedLine(
                _product_id(row["product_id"]),
                int(row["quantity"]),
                _minor(row["unit_price"]),
                int(Decimal(row["discount"]) * 10_000),
            )
        )
    names = {row["employee_id"]: _person_id(row) for row in _table("employees")}
    booked = [_booked(row, names, tuple(lines[row["order_id"]])) for row in _table("orders")]
    return sorted(booked, key=lambda order: (order.ordered, order.reference))


def _table(name: str) -> Iterator[dict[str, str]]:
    text = files("server.demo").joinpath("northwind", f"{name}.csv").read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines())


def _booked(
    row: dict[str, str], names: dict[str, PersonId], lines: tuple[BookedLine, ...]
) -> Booked:
    return Booked(
        reference=row["order_id"],
        customer_id=CustomerId(row["customer_id"].lower()),
        csr_id=names[row["employee_id"]],
        ordered=date.fromisoformat(row["order_date"]),
        shipped=date.fromisoformat(row["shipped_date"]) if row["shipped_date"] else None,
        freight=_minor(row["freight"]),
        address=Address(
            name=row["ship_name"],
            street=row["ship_address"],
            postcode=row["ship_postal_code"],
            city=row["ship_city"],
            region=row["ship_region"],
            country=row["ship_country"],
        ),
        lines=lines,
    )


def _customer(row: dict[str, str]) -> Customer:
    customer_id = row["customer_id"].lower()
    return Customer(
        id=CustomerId(customer_id),
        customer=Party(
            name=row["company_name"],
            contact=row["contact_name"],
            # The book has no addresses for mail; `.example` reaches nobody.
            email=f"orders@{customer_id}.example",
            phone=row["phone"],
            debtor=row["customer_id"],
            customer_id=customer_id,
        ),
        shipping_address=Address(
            name=row["company_name"],
            street=row["address"].replace("\\n", ", "),
            postcode=row["postal_code"],
            city=row["city"],
            region=row["region"],
            country=row["country"],
            phone=row["phone"],
        ),
    )


def _person_id(row: dict[str, str]) -> PersonId:
    return PersonId(row["first_name"].lower())


def _product_id(text: str) -> ProductId:
    return ProductId(f"nw-{int(text):03}")


def _minor(text: str) -> Minor:
    return Minor(int((Decimal(text) * 100).to_integral_value()))
