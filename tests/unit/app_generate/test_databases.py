"""A database belongs to one service: two relays of one outbox would publish everything twice."""

import pytest

from protomesh.app.relay import refuse_shared
from protomesh.errors import ConfigError


def test_each_has_its_own() -> None:
    refuse_shared({"users": "sqlite:///u.db", "orders": "sqlite:///o.db"})


def test_a_shared_one_is_refused_by_both_names() -> None:
    with pytest.raises(ConfigError, match="users and orders share one database"):
        refuse_shared({"users": "sqlite:///x.db", "orders": "sqlite:///x.db"})
