import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import ConfigError
from protomesh.gateway.extras import Extras, merge
from protomesh.gateway.objects import Object

OBJECTS: st.SearchStrategy[Object] = st.recursive(
    st.dictionaries(st.sampled_from("abc"), st.integers()),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner | st.integers()),
    max_leaves=8,
)


def test_comments_and_nothing() -> None:
    assert Extras.parse("").content == {}
    assert Extras.parse("# nothing\n  # yet\n{}\n").content == {}


def test_a_key_that_is_merged() -> None:
    extras = Extras.parse('{"listener": {"a": {"x": 1}, "list": [2]}}')
    assert extras.over("listener", {"a": {"y": 2}, "list": [1], "b": 3}) == {
        "a": {"y": 2, "x": 1},
        "list": [2],
        "b": 3,
    }
    assert extras.over("bootstrap", {"a": 1}) == {"a": 1}
    assert extras.list("clusters") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "must be one JSON object"),
        ('{"listner": {}}', "unknown key 'listner'.*listener"),
        ('{"listener": []}', "listener: must be an object"),
        ('{"clusters": {}}', "clusters: must be a list"),
    ],
)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        Extras.parse(text)


@given(OBJECTS, OBJECTS)
def test_merging(below: Object, above: Object) -> None:
    before = json.dumps([below, above])
    assert merge(merge(below, above), above) == merge(below, above)
    assert merge(below, {}) == below
    assert merge({}, above) == above
    assert json.dumps([below, above]) == before
