"""What a user is."""

import pytest

from protomesh.errors import InvalidArgument
from services.users.domain import changed, register


def test_a_new_user() -> None:
    user = register("u1", "Ada", "ada@example.com", 5.0)
    assert (user.id, user.etag, user.created, user.updated) == ("u1", "v1-4c4b40", 5.0, 5.0)
    assert register("", "Ada", "ada@example.com", 5.0).id.startswith("u")


@pytest.mark.parametrize(("name", "email"), [("", "a@b.example"), ("Ada", "")])
def test_name_and_address_are_required(name: str, email: str) -> None:
    with pytest.raises(InvalidArgument, match="displayName and email are required"):
        register("u1", name, email, 0.0)


def test_a_change_is_a_version() -> None:
    user = changed(register("u1", "Ada", "ada@example.com", 5.0), 9.0)
    assert (user.etag, user.created, user.updated) == ("v2-4c4b40", 5.0, 9.0)


def test_another_user_of_the_same_id_has_another_etag() -> None:
    first, second = (register("u1", "Ada", "ada@example.com", now) for now in (5.0, 5.000001))
    assert first.etag != second.etag
