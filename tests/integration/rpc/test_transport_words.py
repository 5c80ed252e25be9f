"""A service that is away, as the callers of its callers hear of it."""

from typing import Any

import pytest

from protomesh.rpc import Call
from tests.integration.rpc.test_clients import Pair, call
from tests.support.ring import Rings


@pytest.mark.parametrize("kind", ["Say", "Count", "Gather", "Chat"])
def test_the_transport_s_own_words_stay_inside(
    rings: Rings, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """They name addresses: the caller reads which service is away, the log all of it."""

    def front(stub: Any, _request: Any, called: Call) -> Any:
        found = call(stub, kind, rings.Note())
        return iter(found) if called.method.streams_response else found

    pair = Pair(rings, front)
    port = pair.back.address.rpartition(":")[2]
    pair.back.server.drain(0.0)
    answer = pair.front.ask(kind, [rings.Note()] if kind in {"Gather", "Chat"} else rings.Note())
    assert (answer.code, answer.message) == ("UNAVAILABLE", "ring.v1.Ring is away; try again")
    assert port not in str(answer)
    assert port in caplog.text
