"""The contract as plain records: what the rest of Protomesh knows of the .proto files."""

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The four kinds of RPC."""

    UNARY = "unary"
    SERVER_STREAM = "server_stream"
    CLIENT_STREAM = "client_stream"
    BIDI = "bidi"


@dataclass(frozen=True, slots=True)
class HttpBinding:
    """One `google.api.http` rule: `template` as written, `body` "" for none, "*" or a field's name."""

    verb: str
    template: str
    body: str
    variables: tuple[str, ...]
    """Path variables in order: ("user_id", "order_id")."""

    @property
    def pattern(self) -> str:
        """The template without its verb: /api/orders/{order_id}:cancel gives /api/orders/{order_id}."""
        return self.template.rpartition(":")[0] if self.custom_verb else self.template

    @property
    def custom_verb(self) -> str:
        """`cancel` of /api/orders/{order_id}:cancel, else empty."""
        last = self.template.rpartition("/")[2]
        tail = last.rpartition("}")[2] if "}" in last else last
        return tail.rpartition(":")[2] if ":" in tail else ""


@dataclass(frozen=True, slots=True)
class Resource:
    """A `google.api.resource`: type `shop/User`, pattern `users/{user_id}`."""

    message: str
    type: str
    pattern: str
    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """One RPC. Names are full proto names without a leading dot or slash."""

    service: str
    name: str
    request: str
    response: str
    kind: Kind
    bindings: tuple[HttpBinding, ...]
    read_only: bool
    """`idempotency_level = NO_SIDE_EFFECTS`."""
    available: str
    """The CEL of (mesh.link.v1.available), empty for none."""
    rel: str = ""
    """What (mesh.link.v1.rel) has links to it called, empty for what follows from its path."""

    @property
    def full_name(self) -> str:
        """As in `shop.users.v1.Users/GetUser`."""
        return f"{self.service}/{self.name}"

    @property
    def path(self) -> str:
        """The gRPC path: `/shop.users.v1.Users/GetUser`."""
        return f"/{self.service}/{self.name}"

    @property
    def streams_response(self) -> bool:
        """Whether it answers with an iterator."""
        return self.kind in {Kind.SERVER_STREAM, Kind.BIDI}

    @property
    def streams_request(self) -> bool:
        """Whether it is asked with an iterator."""
        return self.kind in {Kind.CLIENT_STREAM, Kind.BIDI}


@dataclass(frozen=True, slots=True)
class Service:
    """A service of the contract, `shop.users.v1.Users`."""

    name: str
    methods: tuple[Method, ...]

    @property
    def package(self) -> str:
        """`shop.users.v1`."""
        return self.name.rpartition(".")[0]
