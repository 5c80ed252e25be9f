"""What a machine lacks is skipped by name with the reason, or fails: never silently."""

import pytest

from tests.support.need import NEEDS, need


@pytest.fixture(autouse=True)
def _a_unicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NEEDS, "unicorn", lambda: "none was found")
    monkeypatch.setitem(NEEDS, "horse", lambda: "")
    monkeypatch.delenv("REQUIRE_ALL", raising=False)


def test_what_is_there_is_used() -> None:
    need("horse")


def test_what_is_missing_is_skipped_by_name() -> None:
    with pytest.raises(pytest.skip.Exception, match="unicorn: none was found"):
        need("unicorn")


def test_where_all_is_required_it_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUIRE_ALL", "1")
    need("horse")
    with pytest.raises(pytest.fail.Exception, match="unicorn is required: none was found"):
        need("unicorn")


def test_a_need_that_nobody_knows() -> None:
    with pytest.raises(KeyError):
        need("dragon")
