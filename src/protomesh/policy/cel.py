"""The only module that touches the CEL engine: compile with types, evaluate and fail closed.

The engine returns evaluation errors as values whose `.value()` is a non-empty string, and raises for others
(a comprehension over its budget). Both are an EvaluationError here, so that neither can pass for a result.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from cel_expr_python import cel
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor

from protomesh.contract import nearest
from protomesh.errors import ConfigError
from protomesh.policy.checked import Node, read_checked
from protomesh.policy.native import Native, native
from protomesh.policy.scope import Scope, binder

LONGEST = 4096
PROBLEM = re.compile(r"<input>:(\d+):(\d+): (.*)")
FIELD = re.compile(r"undefined field '(\w+)' not found in struct '([\w.]+)'")
REFERENCE = re.compile(r"undeclared reference to '([\w.]+)'")
DYNAMIC = "dyn"
ERROR = cel.Type.ERROR


class EvaluationError(Exception):
    """An expression gave no value for this call."""


class Environment:
    """The variables of some expressions: their message types by name, `dyn` for one whose type is not known.

    Activations are built with what the expressions compiled here read, and kept in the scope they belong to.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self._reads: dict[str, frozenset[str]] = {}
        self._compiled: dict[str, Expression] = {}
        self._binders: dict[str, Callable[[Scope], Any]] = {}
        types = {
            name: cel.Type.DYN if type_name == DYNAMIC else cel.Type(type_name)
            for name, type_name in variables.items()
        }
        self._env = cel.NewEnv(descriptor_pool=descriptor_pool.Default(), variables=types)

    def compile(self, source: str) -> "Expression":
        """Compile and type-check, each text once. Raises ConfigError with place and nearest names."""
        if source not in self._compiled:
            self._compiled[source] = self._compile(source)
        return self._compiled[source]

    def _compile(self, source: str) -> "Expression":
        if len(source) > LONGEST:
            raise ConfigError(f"expression of {len(source)} characters", fix=f"at most {LONGEST}")
        try:
            program = self._env.compile(source)
            tree = read_checked(program.serialize())
        except (RuntimeError, RecursionError, TypeError) as error:
            raise ConfigError(self._explain(error)) from None
        expression = Expression(self, source, program, tree)
        if expression.native is None:
            for name, fields in expression.reads.items():
                self._reads[name] = self._reads.get(name, frozenset()) | fields
                self._binders[name] = binder(name, self._reads[name])
        return expression

    def activation(self, scope: Scope) -> Any:
        """The engine's own form of the scope, built once. Raises LookupError where a variable is missing."""
        found = scope.bound.get(id(self))
        if found is None:
            data = {name: bind(scope) for name, bind in self._binders.items()}
            found = scope.bound[id(self)] = self._env.Activation(data)
        return found

    def _explain(self, error: Exception) -> str:
        problems = PROBLEM.findall(str(error))
        if not problems:
            return " ".join(str(error).removeprefix("INVALID_ARGUMENT: ").split()) or "too deeply nested"
        line, column, text = problems[0]
        return f"{line}:{column}: {text.removesuffix(' [INVALID_ARGUMENT]')}{self._suggest(text)}"

    def _suggest(self, text: str) -> str:
        if (match := FIELD.search(text)) is not None:
            return nearest(match[1], _field_names(match[2]))
        if (match := REFERENCE.search(text)) is not None:
            return nearest(match[1].partition(".")[0], self.variables)
        return ""


class Expression:
    """A compiled expression. `type` is its type's name: `BOOL`, `STRING`, `shop.users.v1.User`.

    `reads` has the variables that it reads, each with the fields that are selected from it: all of them where
    it is used whole.
    """

    def __init__(self, env: Environment, source: str, program: Any, tree: Node) -> None:
        self.source = source
        self.tree = tree
        self.type: str = program.return_type().name()
        self.is_message: bool = program.return_type().is_message()
        self.variables = env.variables
        self.reads = _reads(tree, env.variables)
        self.native: Native | None = native(tree)
        self._env = env
        self._program = program

    def value(self, scope: Scope) -> Any:
        """The value for this call. Raises EvaluationError."""
        try:
            if self.native is not None:
                return self.native(scope)
            result = self._program.eval(self._env.activation(scope))
            value = result.value()
            # An error's value is a text, so that false needs no look at the type, which costs as much again.
            if value is False or result.type() != ERROR:
                return value
        except Exception as error:
            raise EvaluationError(str(error)) from error
        raise EvaluationError(str(value))

    def test(self, scope: Scope) -> bool:
        """The value of a BOOL expression: nothing but true is True. Raises EvaluationError."""
        value = self.value(scope)
        if value is not True and value is not False:
            raise EvaluationError(f"a bool was expected, not {type(value).__name__}")
        return value


def _reads(tree: Node, variables: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Which fields of which variables an expression reads."""
    reads: dict[str, set[str]] = {}
    selected = {id(node.children[0]): node.name for node in tree.walk() if node.kind == "select"}
    for node in tree.walk():
        if node.kind == "ident" and _is_variable(node, variables):
            field = selected.get(id(node))
            fields = {field} if field else _field_names(variables[node.name])
            reads.setdefault(node.name, set()).update(fields)
    return {name: frozenset(fields) for name, fields in reads.items()}


def _is_variable(node: Node, variables: Mapping[str, str]) -> bool:
    """Whether an identifier is one of ours: a comprehension may use our names for values of other types."""
    of = variables.get(node.name)
    return of is not None and node.type == (DYNAMIC if of == DYNAMIC else f"message:{of}")


def _field_names(message: str) -> set[str]:
    try:
        descriptor: Descriptor = descriptor_pool.Default().FindMessageTypeByName(message)
    except KeyError:
        return set()
    return {field.name for field in descriptor.fields}
