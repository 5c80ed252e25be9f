"""Which roles the mesh's own identity service puts into whose tokens, and of whom a policy speaks by id."""

from collections.abc import Iterable, Iterator, Mapping

from protomesh.errors import ConfigError
from protomesh.policy.document import place
from protomesh.policy.rules import CompiledRule, Rule
from protomesh_pb.mesh.policy.v1 import security_pb2


def read_grants(grants: Iterable[security_pb2.Grant], where: str) -> Mapping[str, frozenset[str]]:
    """Subjects by role. Raises ConfigError for names that are empty, not printable or stand twice."""
    found: dict[str, frozenset[str]] = {}
    for index, grant in enumerate(grants):
        path = f"grants[{index}]"
        _usable(grant.role, place(where, f"{path}.role"))
        if grant.role in found:
            raise ConfigError(
                f"the role '{grant.role}' stands twice",
                where=place(where, path),
                fix="name all its subjects in one place",
            )
        for at, subject in enumerate(grant.subjects):
            _usable(subject, place(where, f"{path}.subjects[{at}]"))
            if subject in grant.subjects[:at]:
                raise ConfigError(f"'{subject}' stands twice", where=place(where, f"{path}.subjects[{at}]"))
        found[grant.role] = frozenset(grant.subjects)
    return found


def named_subjects(rules: Iterable[Rule], methods: Iterable[Iterable[CompiledRule]]) -> Iterator[str]:
    """The users of `subject:ID`, and every text in a `when` that reads the subject: it may be one's id."""
    for rule in rules:
        yield from rule.who.subjects
    for compiled in methods:
        for each in compiled:
            if each.when is not None and each.needs_subject:
                yield from (node.value for node in each.when.tree.walk() if isinstance(node.value, str))


def _usable(name: str, where: str) -> None:
    if not name or name != name.strip() or not name.isprintable():
        raise ConfigError(f"'{name}' is no usable name", where=where)
    if name.startswith("service:"):
        raise ConfigError(f"'{name}' is a service", where=where, fix="roles are given to users")
