"""The tables of cases, `*.txt` beside this file: one line a case, written by hand.

Columns are two or more spaces apart: who calls, which method, on what, and the HTTP status expected (over
gRPC the code that stands for it). `200 | 403` is what the service says when asked directly, and what the
gateway says, where these differ: a service's own token beside its user's never passes the gateway.
`401!` is the service's own refusal, of a call that the policy allows; it may keep count of those.
"""

import re
from dataclasses import dataclass
from pathlib import Path

COLUMNS = re.compile(r"\s{2,}")
EXPECTED = re.compile(r"(\d{3})(!?)(?: \| (\d{3})(!?))?")


@dataclass(frozen=True, slots=True)
class Expected:
    """`own` is a refusal of the service, not of the policy."""

    status: int
    own: bool

    @property
    def decision(self) -> int:
        """200 for a call that the policy lets through, whatever comes of it."""
        return self.status if self.status in {401, 403} and not self.own else 200


@dataclass(frozen=True, slots=True)
class Case:
    """`where` is file and line."""

    where: str
    who: str
    call: str
    on: str
    straight: Expected
    gateway: Expected

    def __str__(self) -> str:
        return f"{self.where} {self.who} {self.call} {self.on}"


def read(folder: Path) -> list[Case]:
    """All cases of a folder's tables. Raises ValueError for a line that is none."""
    return [
        _case(f"{file.name}:{number}", line)
        for file in sorted(folder.glob("*.txt"))
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if line.strip() and not line.startswith("#")
    ]


def _case(where: str, line: str) -> Case:
    columns = COLUMNS.split(line.strip())
    expected = EXPECTED.fullmatch(columns[-1])
    if len(columns) != 4 or expected is None:
        raise ValueError(f"{where}: a case is `who  call  on  status`, not {line!r}")
    straight = Expected(int(expected[1]), bool(expected[2]))
    gateway = Expected(int(expected[3]), bool(expected[4])) if expected[3] else straight
    return Case(where, columns[0], columns[1], columns[2], straight, gateway)


CASES = read(Path(__file__).parent)
