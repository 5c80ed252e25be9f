import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.tokens import COOKIE, token_of_cookie

OTHERS = st.lists(
    st.tuples(
        st.sampled_from(["a", "x" + COOKIE, COOKIE + "x", COOKIE.upper(), ""]),
        st.from_regex(r"[!-:<-~]*", fullmatch=True),
    ),
    max_size=4,
)
VALUE = st.from_regex(r"[A-Za-z0-9_.-]+", fullmatch=True)


def header(pairs: list[tuple[str, str]]) -> str:
    return "; ".join(f"{name}={value}" for name, value in pairs)


@given(OTHERS, VALUE, OTHERS)
def test_it_is_found_among_others(
    before: list[tuple[str, str]], value: str, after: list[tuple[str, str]]
) -> None:
    assert token_of_cookie(header([*before, (COOKIE, value), *after])) == value
    assert token_of_cookie(header([*before, *after])) == ""


@given(OTHERS, VALUE, VALUE)
def test_two_are_none(between: list[tuple[str, str]], one: str, two: str) -> None:
    assert token_of_cookie(header([(COOKIE, one), *between, (COOKIE, two)])) == ""


@given(st.text())
def test_any_header_is_read(text: str) -> None:
    assert isinstance(token_of_cookie(text), str)


@pytest.mark.parametrize("text", [COOKIE, f"{COOKIE}=", f"a={COOKIE}", f'{COOKIE}=""'])
def test_none(text: str) -> None:
    assert token_of_cookie(text) == ""
