"""The service of `ring.proto`: what it does, each test says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from protomesh.contract import Contract
from protomesh.rpc import Call
from tests.support.contracts import RING
from tests.support.house import Engine, House

Do = Callable[[Any, Call], Any]


class Ring:
    """`do` answers every method: a function of request and call, or a generator of both."""

    def __init__(self, contract: Contract) -> None:
        self.Note = contract.message("ring.v1.Note")
        self.do: Do = lambda request, _call: request

    def __getattr__(self, name: str) -> Any:
        """A handler for each method of the contract."""
        if not name[0].isupper():
            raise AttributeError(name)
        return lambda request, call: self.do(request, call)  # noqa: PLW0108 - `do` may change after the server is built

    def echo(self, requests: Iterator[Any], _call: Call) -> Iterator[Any]:
        """For methods that stream both ways."""
        yield from requests


class Rings:
    """Opens houses with this service on one engine, and closes them all."""

    def __init__(self, folder: Path, contract: Contract, engine: Engine) -> None:
        self.contract = contract
        self.Note: Any = contract.message("ring.v1.Note")
        self.engine: Engine = engine
        self._folder = folder
        self._houses: list[House] = []

    def __call__(self, do: Do | None = None, **options: Any) -> House:
        ring = Ring(self.contract)
        if do is not None:
            ring.do = do
        folder = self._folder / str(len(self._houses))
        options = {"engine": self.engine, **options}
        house = House(folder, self.contract, lambda _context: {RING: ring}, **options)
        self._houses.append(house)
        return house

    def close(self) -> None:
        for house in self._houses:
            house.close()
