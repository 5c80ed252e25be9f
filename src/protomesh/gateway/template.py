"""URL templates of google.api.http as regular expressions, and the order in which they must be tried."""

import re
from dataclasses import dataclass

from protomesh.contract import HttpBinding

VARIABLE = re.compile(r"\{[^{}/]*\}")


@dataclass(frozen=True, slots=True)
class Template:
    """`/api/users/{user_id}/orders/{order_id}:cancel` (google/api/http.proto, "Path template syntax")."""

    http: HttpBinding

    @property
    def segments(self) -> tuple[str, ...]:
        """Without the custom verb."""
        return tuple(self.http.pattern.strip("/").split("/"))

    @property
    def shape(self) -> str:
        """Equal for templates that match the same paths: variables have no name in it."""
        return VARIABLE.sub("{}", self.http.template)

    @property
    def regex(self) -> str:
        """RE2, to be matched in full. The transcoder ignores one trailing slash, so this does too.

        A last segment before a custom verb ends at the colon; elsewhere a colon is a part of the value.
        """
        parts = [re.escape(each) if not _is_variable(each) else "[^/]+" for each in self.segments]
        verb = self.http.custom_verb
        if verb and _is_variable(self.segments[-1]):
            parts[-1] = "[^/:]+"
        return "/" + "/".join(parts) + (":" + re.escape(verb) if verb else "") + "/?"

    @property
    def rank(self) -> tuple[bool, ...]:
        """Sorts as the transcoder decides: at each segment a literal comes before a variable."""
        return tuple(_is_variable(each) for each in self.segments)


def _is_variable(segment: str) -> bool:
    return VARIABLE.fullmatch(segment) is not None
