"""Whom a rule names: the `allow` list, parsed once into sets."""

from collections.abc import Iterable
from dataclasses import dataclass

from protomesh.contract import nearest
from protomesh.errors import ConfigError
from protomesh.policy.records import Principal

FORMS = ("anyone", "authenticated", "role:", "scope:", "subject:", "service:")


@dataclass(frozen=True, slots=True)
class Principals:
    """A union. `authenticated`, roles, scopes and subjects mean the end user, services the caller itself."""

    anyone: bool
    authenticated: bool
    roles: frozenset[str]
    scopes: frozenset[str]
    subjects: frozenset[str]
    services: frozenset[str]

    def include(self, who: Principal) -> bool:
        """Whether the caller is named. An empty subject or service matches nothing but `anyone`."""
        if self.anyone or (who.service and who.service in self.services):
            return True
        if not who.subject:
            return False
        return (
            self.authenticated
            or who.subject in self.subjects
            or not self.roles.isdisjoint(who.roles)
            or not self.scopes.isdisjoint(who.scopes)
        )

    @property
    def nobody(self) -> bool:
        """Whether the list is empty."""
        named = self.roles | self.scopes | self.subjects | self.services
        return not (self.anyone or self.authenticated or named)


def parse_principals(allow: Iterable[str]) -> Principals:
    """Parse `anyone`, `authenticated`, `role:R`, `scope:S`, `subject:ID` and `service:NAME`.

    Raises ConfigError for another form, an empty name or a repetition.
    """
    found: dict[str, set[str]] = {form: set() for form in FORMS}
    for text in allow:
        form, name = _parse(text)
        if name in found[form]:
            raise ConfigError(f"'{text}' stands twice")
        found[form].add(name)
    return Principals(
        anyone=bool(found["anyone"]),
        authenticated=bool(found["authenticated"]),
        roles=frozenset(found["role:"]),
        scopes=frozenset(found["scope:"]),
        subjects=frozenset(found["subject:"]),
        services=frozenset(found["service:"]),
    )


def _parse(text: str) -> tuple[str, str]:
    word, colon, name = text.partition(":")
    form = word + colon
    if form not in FORMS:
        raise ConfigError(
            f"'{text}' names nobody{nearest(form, FORMS)}", fix=f"write one of {', '.join(FORMS)}"
        )
    if colon and (not name or name != name.strip() or not name.isprintable()):
        raise ConfigError(f"'{text}' has no usable name after the colon")
    return form, name
