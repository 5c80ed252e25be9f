"""Lists of entity tags: what is written is read, what is no list is refused, nothing takes long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protomesh.errors import InvalidArgument
from protomesh.rpc.etags import Tag, is_among, matches, parse, tags_of, wanted

LETTERS = "".join(chr(code) for code in (0x21, *range(0x23, 0x7F)))
"""RFC 9110, 8.8.3, etagc: commas too, so that a list cannot be split at them."""
tags = st.builds(Tag, st.text(LETTERS, max_size=6), st.booleans())
some = st.lists(tags, min_size=1, max_size=5).map(tuple)


@given(some, st.sampled_from([",", ", ", " ,\t", ",,", ", ,"]))
def test_what_is_written_is_read(found: tuple[Tag, ...], comma: str) -> None:
    assert tags_of("If-Match", f" {comma.join(map(str, found))} ") == found


@given(st.one_of(st.text(max_size=20), st.text('W/"v1, *\t', max_size=12)))
def test_any_text_is_tags_or_a_bad_request(text: str) -> None:
    refused: list[InvalidArgument] = []
    try:
        found = tags_of("If-Match", text)
        assert found == (parse(text) or ())
        assert found or text.strip(" \t") == "*"
    except InvalidArgument as error:
        refused.append(error)
    assert [each.violations[0].rule for each in refused] in ([], ["if-match.form"])


@pytest.mark.parametrize(
    "text", ["v1", "'v1'", '"v1', 'v1"', '"v1" "v2"', 'w/"v1"', '*, "v1"', "", ",", '"a"b']
)
def test_what_is_no_list(text: str) -> None:
    with pytest.raises(InvalidArgument, match="If-None-Match is neither"):
        tags_of("If-None-Match", text)


def test_a_long_header_is_read_at_once() -> None:
    assert len(parse(", ".join(['"v1"'] * 5000)) or ()) == 5000
    assert parse(" " * 30_000 + "x") is None


@given(some, st.text(LETTERS, max_size=6))
def test_a_write_compares_strongly_and_a_read_weakly(found: tuple[Tag, ...], current: str) -> None:
    assert matches(wanted(found), current) == (
        Tag(current) in found or (wanted(found) == current != found[0].value)
    )
    assert is_among(current, found) == (current in {tag.value for tag in found})
