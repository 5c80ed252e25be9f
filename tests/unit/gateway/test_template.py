import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.contract import HttpBinding
from protomesh.gateway.template import Template

SEGMENT = st.text("abcdefghijklmnopqrstuvwxyz0123456789-._~", min_size=1, max_size=8)
VALUE = st.text("abcXYZ019-._~%!$&'()*+,;=@", min_size=1, max_size=8)


def template(text: str) -> Template:
    return Template(HttpBinding("GET", text, "", ()))


@pytest.mark.parametrize(
    ("text", "path", "matches"),
    [
        ("/api/users", "/api/users", True),
        ("/api/users", "/api/users/", True),
        ("/api/users", "/api/users//", False),
        ("/api/users", "/api/usersx", False),
        ("/api/users/{user_id}", "/api/users/u1", True),
        ("/api/users/{user_id}", "/api/users/a:b", True),
        ("/api/users/{user_id}", "/api/users/", False),
        ("/api/users/{user_id}", "/api/users/a/b", False),
        ("/api/users/{user_id}", "/api/users/a%2Fb", True),
        ("/api/users/{user_id}:go", "/api/users/u1:go", True),
        ("/api/users/{user_id}:go", "/api/users/u1:gone", False),
        ("/api/users/{user_id}:go", "/api/users/u:1:go", False),
        ("/api/login:refresh", "/api/login:refresh", True),
        ("/.well-known/jwks.json", "/.well-known/jwksxjson", False),
    ],
)
def test_paths(text: str, path: str, *, matches: bool) -> None:
    assert (re.fullmatch(template(text).regex, path) is not None) == matches


@given(st.lists(st.tuples(SEGMENT, VALUE, st.booleans()), min_size=1, max_size=5))
def test_a_path_made_from_a_template_matches_it(parts: list[tuple[str, str, bool]]) -> None:
    text = "".join(
        f"/{{v{at}}}" if variable else f"/{literal}" for at, (literal, _, variable) in enumerate(parts)
    )
    path = "".join(f"/{value if variable else literal}" for literal, value, variable in parts)
    assert re.fullmatch(template(text).regex, path)


def test_literals_come_before_variables() -> None:
    texts = ["/api/{a}/all", "/api/users/{b}", "/api/users/search", "/api/{a}/{b}"]
    ordered = sorted((template(text) for text in texts), key=lambda each: each.rank)
    assert [each.http.template for each in ordered] == [
        "/api/users/search",
        "/api/users/{b}",
        "/api/{a}/all",
        "/api/{a}/{b}",
    ]


def test_the_shape_forgets_names() -> None:
    assert template("/a/{x}/b/{y}:go").shape == template("/a/{user_id}/b/{z}:go").shape == "/a/{}/b/{}:go"
