"""The catalog service over gRPC: products, and stock that never goes below nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.type.money_pb2 import Money

from shop_pb.shop.catalog.v1 import catalog_pb2 as pb
from tests.integration.services.shop import Shop

EURO = Money(currency_code="EUR", units=2, nanos=500_000_000)


def stock(shop: Shop, product_id: str) -> int:
    return int(shop.catalog.ask("GetProduct", pb.GetProductRequest(product_id=product_id)).response.stock)


def reserve(shop: Shop, order_id: str, *lines: tuple[str, int]) -> str:
    wanted = [pb.StockLine(product_id=name, quantity=count) for name, count in lines]
    return shop.catalog.ask(
        "ReserveStock", pb.ReserveStockRequest(order_id=order_id, lines=wanted), shop.fulfil
    ).code


def release(shop: Shop, order_id: str) -> str:
    return shop.catalog.ask("ReleaseStock", pb.ReleaseStockRequest(order_id=order_id), shop.fulfil).code


def create(shop: Shop, product_id: str, **fields: object) -> pb.Product:
    product = pb.Product(**({"title": "Thing", "price": EURO, "stock": 5} | fields))
    request = pb.CreateProductRequest(product_id=product_id, product=product)
    answer: pb.Product = shop.catalog.ask("CreateProduct", request, shop.admin).response
    return answer


def test_anyone_looks_at_the_shelf(shop: Shop) -> None:
    page = shop.catalog.ask("ListProducts", pb.ListProductsRequest(page_size=3)).response
    assert [product.id for product in page.products] == ["coffee-mug", "notebook", "teapot"]
    request = pb.ListProductsRequest(page_size=3, page_token=page.next_page_token)
    rest = shop.catalog.ask("ListProducts", request).response
    assert ([product.id for product in rest.products], rest.next_page_token) == (["umbrella"], "")


def test_a_product_s_life(shop: Shop) -> None:
    made = create(shop, "thing")
    assert (made.price, made.stock) == (EURO, 5)
    change = pb.UpdateProductRequest(product_id="thing", product=pb.Product(stock=7), etag=made.etag)
    changed = shop.catalog.ask("UpdateProduct", change, shop.admin).response
    assert (changed.title, changed.stock) == ("Thing", 7)
    assert shop.catalog.ask("UpdateProduct", change, shop.admin).code == "ABORTED"
    assert (
        shop.catalog.ask(
            "DeleteProduct", pb.DeleteProductRequest(product_id="thing", etag=made.etag), shop.admin
        ).code
        == "ABORTED"
    )
    assert (
        shop.catalog.ask("DeleteProduct", pb.DeleteProductRequest(product_id="thing"), shop.admin).code
        == "OK"
    )
    assert shop.catalog.ask("GetProduct", pb.GetProductRequest(product_id="thing")).code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("paths", "product"),
    [
        (["title"], pb.Product()),
        (["price"], pb.Product()),
        (["price"], pb.Product(price=Money(currency_code="EURO", units=1))),
        (["price"], pb.Product(price=Money(currency_code="EUR", units=-1))),
        (["etag"], pb.Product(etag="v9")),
        (["x" * 5000], pb.Product()),
        ([], pb.Product(stock=-1)),
    ],
)
def test_a_change_that_would_spoil_a_product(shop: Shop, paths: list[str], product: pb.Product) -> None:
    before = shop.catalog.ask("GetProduct", pb.GetProductRequest(product_id="notebook")).response
    change = pb.UpdateProductRequest(
        product_id="notebook", product=product, update_mask=FieldMask(paths=paths)
    )
    assert shop.catalog.ask("UpdateProduct", change, shop.admin).code == "INVALID_ARGUMENT"
    assert shop.catalog.ask("GetProduct", pb.GetProductRequest(product_id="notebook")).response == before


def test_another_product_of_the_same_id_is_not_taken_for_the_first(shop: Shop) -> None:
    first = create(shop, "thing")
    shop.catalog.ask("DeleteProduct", pb.DeleteProductRequest(product_id="thing"), shop.admin)
    second = create(shop, "thing", title="Another")
    change = pb.UpdateProductRequest(product_id="thing", product=pb.Product(stock=7), etag=first.etag)
    assert shop.catalog.ask("UpdateProduct", change, shop.admin).code == "ABORTED"
    after = shop.catalog.ask("GetProduct", pb.GetProductRequest(product_id="thing")).response
    assert (after.title, after.stock, after.etag) == ("Another", 5, second.etag)


def test_only_an_admin_changes_the_shelf(shop: Shop) -> None:
    request = pb.CreateProductRequest(product_id="x", product=pb.Product(title="X", price=EURO))
    assert shop.catalog.ask("CreateProduct", request).code == "UNAUTHENTICATED"
    assert shop.catalog.ask("CreateProduct", request, shop.me("u1")).code == "PERMISSION_DENIED"
    assert shop.catalog.ask("CreateProduct", request, shop.fulfil).code == "PERMISSION_DENIED"


def test_stock_is_reserved_once_per_order(shop: Shop) -> None:
    before = stock(shop, "umbrella")
    for _ in range(3):
        assert reserve(shop, "o1", ("umbrella", 2), ("umbrella", 1)) == "OK"
    assert stock(shop, "umbrella") == before - 3
    for _ in range(3):
        assert release(shop, "o1") == "OK"
    assert stock(shop, "umbrella") == before
    assert reserve(shop, "o1", ("umbrella", 1)) == "FAILED_PRECONDITION", (
        "what was given back stays given back"
    )


def test_all_or_nothing(shop: Shop) -> None:
    before = stock(shop, "coffee-mug")
    assert reserve(shop, "o1", ("coffee-mug", 1), ("umbrella", 1000)) == "FAILED_PRECONDITION"
    assert reserve(shop, "o2", ("coffee-mug", 1), ("nothing", 1)) == "NOT_FOUND"
    assert stock(shop, "coffee-mug") == before


def test_an_order_released_before_it_was_reserved_gets_nothing(shop: Shop) -> None:
    assert release(shop, "late") == "OK"
    assert reserve(shop, "late", ("umbrella", 1)) == "FAILED_PRECONDITION"


def test_a_product_off_sale_does_not_hold_up_a_release(shop: Shop) -> None:
    create(shop, "thing")
    before = stock(shop, "umbrella")
    assert reserve(shop, "o1", ("thing", 1), ("umbrella", 1)) == "OK"
    shop.catalog.ask("DeleteProduct", pb.DeleteProductRequest(product_id="thing"), shop.admin)
    assert release(shop, "o1") == "OK"
    assert stock(shop, "umbrella") == before


def test_many_orders_at_once_never_sell_what_is_not_there(shop: Shop) -> None:
    create(shop, "rare", stock=10)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda number: reserve(shop, f"o{number}", ("rare", 3)), range(12)))
    assert codes.count("OK") == 3
    assert codes.count("FAILED_PRECONDITION") == 9
    assert stock(shop, "rare") == 1


def test_the_same_order_from_many_sides_at_once(shop: Shop) -> None:
    create(shop, "rare", stock=10)
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda _: reserve(shop, "o1", ("rare", 3)), range(8)))
    assert codes == ["OK"] * 8
    assert stock(shop, "rare") == 7


def test_stock_is_for_the_function_alone(shop: Shop) -> None:
    request = pb.ReserveStockRequest(order_id="o1", lines=[pb.StockLine(product_id="umbrella", quantity=1)])
    for token in (shop.admin, shop.me("u1"), shop.mint.service("orders")):
        assert shop.catalog.ask("ReserveStock", request, token).code == "PERMISSION_DENIED"
