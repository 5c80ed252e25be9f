"""shop.catalog.v1.Catalog: requests in, the domain asked, messages out."""

from google.protobuf import empty_pb2
from google.type import money_pb2

from protomesh.context import Context
from protomesh.errors import FailedPrecondition, NotFound
from protomesh.rpc import Call, must_match, page_of, update_mask
from services.catalog import domain, store
from shop_pb.shop.catalog.v1 import catalog_pb2 as pb

WRITABLE = frozenset({"title", "price", "stock"})


class Catalog:
    """Products and their stock."""

    def __init__(self, context: Context) -> None:
        self._log = context.log

    def ListProducts(self, request: pb.ListProductsRequest, call: Call) -> pb.ListProductsResponse:
        found, token = page_of(
            request,
            fetch=lambda after, limit: store.page(call.tx, after, limit),
            key=lambda product: product.id,
        )
        return pb.ListProductsResponse(
            products=[message(product) for product in found], next_page_token=token
        )

    def GetProduct(self, request: pb.GetProductRequest, call: Call) -> pb.Product:
        return message(store.get(call.tx, request.product_id))

    def CreateProduct(self, request: pb.CreateProductRequest, call: Call) -> pb.Product:
        wanted = request.product
        product = domain.offer(request.product_id, wanted.title, _price(wanted.price), wanted.stock)
        store.add(call.tx, product)
        return message(product)

    def UpdateProduct(self, request: pb.UpdateProductRequest, call: Call) -> pb.Product:
        product = store.get(call.tx, request.product_id, to_write=True)
        must_match(product, request.etag)
        fields = update_mask(request.update_mask, request.product, WRITABLE)
        if not fields:
            return message(product)
        new = request.product
        wanted = domain.Product(product.id, new.title, _price(new.price), new.stock, product.version)
        product = product.change(wanted, fields)
        store.save(call.tx, product)
        return message(product)

    def DeleteProduct(self, request: pb.DeleteProductRequest, call: Call) -> empty_pb2.Empty:
        must_match(store.get(call.tx, request.product_id, to_write=True), request.etag)
        store.remove(call.tx, request.product_id)
        return empty_pb2.Empty()

    def ReserveStock(self, request: pb.ReserveStockRequest, call: Call) -> pb.Reservation:
        """All or nothing, and once per order: a repeat answers what the first call set aside."""
        if store.is_released(call.tx, request.order_id):
            raise FailedPrecondition(f"the stock of order {request.order_id} was given back")
        if done := store.reserved(call.tx, request.order_id):
            call.changed = False
            return _reservation(request.order_id, done)
        quantities = domain.wanted([(line.product_id, line.quantity) for line in request.lines])
        for product_id, quantity in quantities.items():
            store.save(call.tx, store.get(call.tx, product_id, to_write=True).take(quantity))
        store.reserve(call.tx, request.order_id, quantities)
        return _reservation(request.order_id, quantities)

    def ReleaseStock(self, request: pb.ReleaseStockRequest, call: Call) -> empty_pb2.Empty:
        """Once per order; an order that never had stock is barred from getting any."""
        if store.is_released(call.tx, request.order_id):
            call.changed = False
            return empty_pb2.Empty()
        for product_id, quantity in store.reserved(call.tx, request.order_id).items():
            try:
                store.save(call.tx, store.get(call.tx, product_id, to_write=True).put_back(quantity))
            except NotFound:
                self._log.info("product %s is off sale: its stock is not put back", product_id)
        store.release(call.tx, request.order_id)
        return empty_pb2.Empty()


def message(product: domain.Product) -> pb.Product:
    """The product as the contract shows one."""
    price = product.price
    return pb.Product(
        id=product.id,
        title=product.title,
        price=money_pb2.Money(currency_code=price.currency, units=price.units, nanos=price.nanos),
        stock=product.stock,
        etag=product.etag,
    )


def _price(money: money_pb2.Money) -> domain.Price:
    return domain.Price(money.currency_code, money.units, money.nanos)


def _reservation(order_id: str, quantities: dict[str, int]) -> pb.Reservation:
    lines = [pb.StockLine(product_id=name, quantity=count) for name, count in quantities.items()]
    return pb.Reservation(order_id=order_id, lines=lines)
