"""The real catalog behind a real gateway, and beside its products some whose ids say how they fail."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from protomesh import errors
from protomesh.contract import Contract
from protomesh.gateway import Addresses, Endpoint, render_dynamic
from protomesh.rpc import Call
from protomesh.settings import Manifest
from services.catalog.handlers import Catalog
from shop_pb.shop.catalog.v1 import catalog_pb2 as pb
from tests.integration.gateway.clients import ORIGIN, Rest, eventually
from tests.integration.gateway.envoys import free_port, running, write
from tests.support.contracts import ROOT
from tests.support.house import House

CATALOG = "shop.catalog.v1.Catalog"
MUG = "/api/products/coffee-mug"

FAILURES = {
    "invalid": errors.InvalidArgument("not so"),
    "visitor": errors.Unauthenticated("who are you?"),
    "barred": errors.PermissionDenied("not you"),
    "lost": errors.NotFound("never here"),
    "taken": errors.AlreadyExists("here already"),
    "raced": errors.Aborted("another was first"),
    "gone": errors.Gone("no longer made"),
    "changed": errors.EtagMismatch("its etag is v2, not v1"),
    "closed": errors.FailedPrecondition("not now"),
    "kettle": errors.Teapot("not for coffee"),
    "busy": errors.ResourceExhausted("too much", retry_after=2.5),
    "broken": errors.Internal("the disk is at /dev/sda"),
    "later": errors.Unimplemented("not written yet"),
    "away": errors.Unavailable("back soon", retry_after=7),
    "slow": errors.DeadlineExceeded("it took too long"),
}


class Shelf(Catalog):
    """See the module."""

    def GetProduct(self, request: pb.GetProductRequest, call: Call) -> pb.Product:
        if request.product_id in FAILURES:
            raise FAILURES[request.product_id]
        return super().GetProduct(request, call)


@contextmanager
def shelf(folder: Path, shop: Contract) -> Iterator[Rest]:
    """Anyone may do everything here: who may what is not what these tests are about."""
    kept = [each for each in shop.files.file if each.package == "shop.catalog.v1" or not each.service]
    contract = Contract(FileDescriptorSet(file=kept), "shop_pb")
    house = House(
        folder,
        contract,
        lambda context: {CATALOG: Shelf(context)},
        name="catalog",
        rules=[{"on": [f"{CATALOG}/*"], "allow": ["anyone"]}],
        migrations=ROOT / "services/catalog/migrations",
    )
    with closing(house), served(folder, contract, house.address) as rest:
        yield rest


@contextmanager
def served(folder: Path, contract: Contract, address: str) -> Iterator[Rest]:
    """A gateway in front of it."""
    manifest = Manifest.model_validate(
        {"gateway": {"cors": {"origins": [ORIGIN]}}, "services": {"catalog": {}}}
    )
    port = free_port()
    host, _, service = address.partition(":")
    at = Addresses(Endpoint("127.0.0.1", port), {"catalog": (Endpoint(host, int(service)),)})
    write(folder, render_dynamic(contract, manifest, at, folder=str(folder)))
    with running(folder / "bootstrap.json", port, folder / "log"):
        eventually(lambda: Rest(port)("GET", "/readyz"), lambda answer: answer.status == 200)
        yield Rest(port)
