"""Files that change under a running process."""

import logging
from pathlib import Path

import pytest

from protomesh.errors import ConfigError
from tests.support.certificates import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def test_the_same_object_until_a_file_changes(office: Office) -> None:
    own = office.renewing("users")
    first = own.current()
    assert own.current() is first
    office.issue("users")
    assert own.current().certificate == (office.folder / "users.pem").read_bytes() != first.certificate


def test_a_wrong_change_is_told_once_and_what_was_good_stays(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    own = office.renewing("users")
    good = own.current()
    (office.folder / "users.pem").write_bytes(office.issue("catalog").certificate.read_bytes())
    with caplog.at_level(logging.INFO):
        assert own.current() is own.current() is good
    (line,) = [each.getMessage() for each in caplog.records]
    assert "the changed certificate is not used" in line
    assert "is not the key of the certificate" in line
    office.issue("users")
    assert own.current() is not good


def test_a_file_that_is_gone_for_a_moment_ends_nothing(office: Office) -> None:
    own = office.renewing("users")
    good = own.current()
    (office.folder / "users.key").unlink()
    assert own.current() is good


def test_the_certificate_of_another_component_is_refused_at_the_start(office: Office) -> None:
    users = office.issue("users")
    with pytest.raises(ConfigError, match=r"names spiffe://shop/users, .*, not 'catalog' of mesh 'shop'"):
        office.renewing("catalog", users)
