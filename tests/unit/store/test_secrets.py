"""An error of the database names the statement, never a value: errors are logged, values may be personal."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from protomesh.store import SqlDatabase

CANARY = "canary@mail.example"


def test_an_error_shows_no_value(database: SqlDatabase) -> None:
    with pytest.raises(SQLAlchemyError) as caught, database.unit_of_work() as work:
        work.tx.execute(text("INSERT INTO nowhere VALUES (:email)"), {"email": CANARY})
    assert "nowhere" in str(caught.value)
    assert CANARY not in str(caught.value)
