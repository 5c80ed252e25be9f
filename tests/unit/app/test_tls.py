"""Which certificate files a process uses."""

from pathlib import Path

import pytest

from protomesh.app import tls
from protomesh.certificates import Files
from protomesh.errors import ConfigError
from protomesh.settings import Manifest, ProcessSettings, load_process

PROJECT, STATE = Path("/shop"), Path("/state")


def manifest(**options: object) -> Manifest:
    return Manifest.model_validate({"tls": {"enabled": True, **options}, "services": {"users": {}}})


def files(told: Manifest, settings: ProcessSettings) -> Files:
    return tls.files(told, settings, PROJECT, STATE, "users")


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> ProcessSettings:
    for name in ("ENABLED", "FOLDER", "CA", "CERTIFICATE", "KEY"):
        monkeypatch.delenv(f"PROTOMESH_TLS_{name}", raising=False)
    return load_process()


def test_by_default_those_of_development(plain: ProcessSettings) -> None:
    assert files(manifest(), plain) == Files.of(STATE / "certs", "users")
    assert tls.made_here(manifest(), plain)


def test_the_manifest_names_a_folder_and_an_authority(plain: ProcessSettings) -> None:
    told = manifest(folder="certs", ca="/etc/ca.pem")
    assert files(told, plain) == Files(
        Path("/etc/ca.pem"), PROJECT / "certs/users.pem", PROJECT / "certs/users.key"
    )
    assert not tls.made_here(told, plain)


def test_the_environment_comes_first(plain: ProcessSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    del plain
    monkeypatch.setenv("PROTOMESH_TLS_ENABLED", "true")
    monkeypatch.setenv("PROTOMESH_TLS_CA", "/run/tls/ca.crt")
    monkeypatch.setenv("PROTOMESH_TLS_CERTIFICATE", "/run/tls/tls.crt")
    monkeypatch.setenv("PROTOMESH_TLS_KEY", "/run/tls/tls.key")
    settings = load_process()
    assert tls.enabled(Manifest(), settings)
    assert files(manifest(folder="certs"), settings) == Files(
        Path("/run/tls/ca.crt"), Path("/run/tls/tls.crt"), Path("/run/tls/tls.key")
    )


def test_a_certificate_without_its_key_is_refused(
    plain: ProcessSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del plain
    monkeypatch.setenv("PROTOMESH_TLS_CERTIFICATE", "/run/tls/tls.crt")
    with pytest.raises(ConfigError, match="set both PROTOMESH_TLS_CERTIFICATE and PROTOMESH_TLS_KEY"):
        files(manifest(), load_process())


def test_a_word_that_is_neither_true_nor_false_is_refused(
    plain: ProcessSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    del plain
    monkeypatch.setenv("PROTOMESH_TLS_ENABLED", "perhaps")
    with pytest.raises(ConfigError, match="PROTOMESH_TLS_ENABLED: Input should be"):
        load_process()
