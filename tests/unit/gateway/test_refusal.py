from hypothesis import given
from hypothesis import strategies as st

from protomesh.gateway import refusal

QUIET = (
    "[2026-11-25 03:52:56.174][20199][info][main] [source/server/server.cc:467] envoy.matching: all of them\n"
)
LOUD = "[2026-11-25 03:52:56.174][20199][critical][main] [source/server/config_validation/server.cc:76] "
PARSE = (
    f"{QUIET}{LOUD}error initializing configuration 'gateway/envoy.yaml': Unable to parse JSON as proto "
    "(INVALID_ARGUMENT: invalid JSON  in Bootstrap @ server_name: string, near  1:54258: unexpected   "
    'character: \'{\'; expected \'"\'): {"node":{"id":"secret"}}\n'
)


def test_the_configuration_is_cut() -> None:
    assert refusal(PARSE) == (
        "Unable to parse JSON as proto (INVALID_ARGUMENT: invalid JSON in Bootstrap @ "
        "server_name: string, near 1:54258: unexpected character: '{'; expected '\"'"
    )


def test_silence() -> None:
    assert refusal(QUIET) == ""


@given(st.text())
def test_it_is_always_one_short_line(noise: str) -> None:
    text = refusal(f"error initializing configuration 'x': {noise}\n")
    assert len(text.splitlines()) <= 1
    assert len(text) <= 500
