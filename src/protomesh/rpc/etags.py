"""Entity tags (RFC 9110, 8.8.3) as If-Match, If-None-Match and the `etag` of a request name them."""

import re
from dataclasses import dataclass

from protomesh.errors import InvalidArgument, Violation

ANY = "*"
ELEMENT = re.compile(r'[ \t]*(?:(W/)?"([\x21\x23-\x7e]*)"[ \t]*)?(?:,|$)')


@dataclass(frozen=True, slots=True)
class Tag:
    """`value` is what stands between the quotes. A weak one only says that two answers mean the same."""

    value: str
    weak: bool = False

    def __str__(self) -> str:
        return f'{"W/" if self.weak else ""}"{self.value}"'


def parse(text: str) -> tuple[Tag, ...] | None:
    """A list of tags, at least one; None for text that is no such list. Empty elements count for nothing."""
    found: list[Tag] = []
    at = 0
    while at < len(text):
        element = ELEMENT.match(text, at)
        if element is None:
            return None
        weak, value = element.groups()
        if value is not None:
            found.append(Tag(value, bool(weak)))
        at = element.end()
    return tuple(found) or None


def tags_of(header: str, text: str) -> tuple[Tag, ...]:
    """The tags of a header; none for `*`. Raises InvalidArgument."""
    if text.strip(" \t") == ANY:
        return ()
    found = parse(text)
    if found is None:
        what = 'is neither * nor a list of etags in quotes, such as "v1", "v2"'
        raise InvalidArgument(
            f"{header} {what}", violations=(Violation(header.lower(), f"{header.lower()}.form", what),)
        )
    return found


def wanted(tags: tuple[Tag, ...]) -> str:
    """The tags as the `etag` of a request: a single strong one bare, as a resource has it, else a list.

    Empty, for any state, only for no tags: `""` is a tag that nothing has, and stays in its quotes.
    """
    if len(tags) == 1 and tags[0].value and not tags[0].weak:
        return tags[0].value
    return ", ".join(str(tag) for tag in tags)


def matches(etag: str, current: str) -> bool:
    """Whether `etag`, bare or a list, allows a write to what has `current` (strong comparison, 8.8.3.2)."""
    return etag == current or Tag(current) in (parse(etag) or ())


def is_among(current: str, tags: tuple[Tag, ...]) -> bool:
    """Whether a reader knows `current` already (weak comparison, 8.8.3.2)."""
    return any(tag.value == current for tag in tags)
