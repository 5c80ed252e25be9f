"""The identity service, a server of its own over gRPC, and the users service before it."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from google.api import httpbody_pb2
from google.protobuf import empty_pb2

from protomesh.contract import Contract
from protomesh.policy import load_events, load_security
from protomesh.testing import FakeClock
from protomesh.tokens import Identity as Named
from protomesh.tokens import Issuer, Verifier, read_jwks
from protomesh_pb.mesh.identity.v1 import identity_pb2 as pb
from services.identity.handlers import Identity
from services.users.handlers import Users
from tests.integration.services.shop import CHEAP, IDENTITY, PASSWORD, USERS
from tests.support.answers import Answer
from tests.support.contracts import ROOT
from tests.support.house import House
from tests.support.mint import Mint

FORM = "application/x-www-form-urlencoded"
HOME = ("x-forwarded-for", "192.0.2.1")
AWAY = ("x-forwarded-for", "198.51.100.7")


class Place:
    """One server, and a mint for whoever asks it."""

    def __init__(self, folder: Path, contract: Contract, clock: FakeClock, url: str) -> None:
        self.folder, self._contract, self.clock = folder, contract, clock
        self.mint = Mint(clock)
        self.grants: dict[str, frozenset[str]] = {}
        self.policies = ROOT / "policies"
        self.security = load_security(self.policies / "security.json", contract)
        self.events = load_events(self.policies / "events.json", contract)
        self.house = self.open("identity", url, {IDENTITY: lambda context: Identity(context, CHEAP)})

    def open(
        self, name: str, url: str, builds: dict[str, Any], addresses: dict[str, str] | None = None
    ) -> House:
        return House(
            self.folder,
            self._contract,
            lambda context: {service: build(context) for service, build in builds.items()},
            name=name,
            rules=self.security,
            events=self.events,
            clock=self.clock,
            mint=self.mint,
            url=url,
            migrations=ROOT / "services" / name / "migrations",
            addresses=addresses,
            roles=lambda subject: self.grants.get(subject, frozenset()),
            names=lambda subject: bool(self.grants.get(subject)) or self.security.names(subject),
        )

    def replica(self) -> House:
        """A second one on the same database."""
        url = self.house.database.engine.url.render_as_string(hide_password=False)
        return self.open("identity", url, {IDENTITY: lambda context: Identity(context, CHEAP)})

    def users(self) -> House:
        """The users service, which calls this one."""
        url = f"sqlite:///{self.folder}/users.db"
        return self.open("users", url, {USERS: Users}, {IDENTITY: self.house.address})

    def put(self, user_id: str = "ann", password: str = PASSWORD) -> str:
        request = pb.PutCredentialRequest(user_id=user_id, password=password)
        return self.house.ask("PutCredential", request, self.mint.service("users")).code

    def delete(self, user_id: str = "ann") -> None:
        answer = self.house.ask(
            "DeleteCredential", pb.DeleteCredentialRequest(user_id=user_id), self.mint.service("users")
        )
        assert answer.response == empty_pb2.Empty()

    def log_in(self, user_id: str = "ann", password: str = PASSWORD, home: tuple[str, str] = HOME) -> Answer:
        return self.house.ask("Login", pb.LoginRequest(user_id=user_id, password=password), home)

    def refresh(self, token: str) -> Answer:
        return self.house.ask("Refresh", pb.RefreshRequest(refresh_token=token))

    def submit(self, *metadata: tuple[str, str], **fields: str) -> Answer:
        body = httpbody_pb2.HttpBody(content_type=FORM, data=urlencode(fields).encode())
        return self.house.rest(
            "SubmitLogin", pb.SubmitLoginRequest(form=body), HOME, *metadata, path="/login"
        )

    def jwks(self, house: House | None = None) -> dict[str, Any]:
        body = (house or self.house).ask("GetJwks", pb.GetJwksRequest()).response
        assert body.content_type == "application/json"
        found: dict[str, Any] = json.loads(body.data)
        return found

    def read(self, token: str, jwks: dict[str, Any] | None = None, *, services: bool = False) -> Named:
        """A token as every service reads it."""
        keys = read_jwks(jwks or self.jwks(), "test")
        issuer = Issuer("http://localhost:8080", frozenset({"mesh"}), keys, services=services)
        return Verifier([issuer], self.clock).verify(token)

    def close(self) -> None:
        self.house.close()
