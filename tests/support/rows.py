"""What stands in the databases of a running mesh."""

import sqlite3

from tests.support.mesh import Mesh


def counts(mesh: Mesh) -> dict[str, int]:
    """How many rows each table has had; for the outbox, how many were ever written."""
    found: dict[str, int] = {}
    for path in sorted((mesh.state_dir / "data").glob("*.db")):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            names = [
                row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for name in names:
                column = "max(seq)" if name == "sqlite_sequence" else "count(*)"
                value = database.execute(f"SELECT {column} FROM {name}").fetchone()[0]  # noqa: S608 - a table's name
                if name != "mesh_outbox":  # it empties by itself; sqlite_sequence tells what was ever in it
                    found[f"{path.name}/{name}"] = value or 0
    return found


def kept(mesh: Mesh) -> dict[str, int]:
    """As `counts`, without the outboxes: the event of a refusal follows the answer."""
    return {name: count for name, count in counts(mesh).items() if not name.endswith("/sqlite_sequence")}


def waiting(mesh: Mesh) -> int:
    """How many events have not been published yet."""
    found = 0
    for path in (mesh.state_dir / "data").glob("*.db"):
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
            found += database.execute("SELECT count(*) FROM mesh_outbox").fetchone()[0]
    return found
