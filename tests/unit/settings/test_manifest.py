"""mesh.toml, and every kind of mistake in it with its message."""

import re
from pathlib import Path

import pytest

from protomesh.errors import ConfigError
from protomesh.settings import Manifest, Ports, load_manifest

ROOT = Path(__file__).parents[3]

MISTAKES = {
    "[mesh]\nnmae = 'shop'": "mesh.nmae: unknown key, did you mean 'name'?",
    "[gatway]\nport = 1": "gatway: unknown key, did you mean 'gateway'?",
    "[gateway]\nprt = 1": "gateway.prt: unknown key, did you mean 'port'?",
    "[gateway.limits]\nbody_byte = 1": "gateway.limits.body_byte: unknown key, did you mean 'body_bytes'?",
    "[services.users]\nreplica = 2": "services.users.replica: unknown key, did you mean 'replicas'?",
    "[services.users]\nzzz = 2": "services.users.zzz: unknown key",
    "[mesh]\nname = 'My Shop'": "mesh.name: String should match pattern",
    "[mesh]\nenvironment = 'staging'": "mesh.environment: Input should be 'development' or 'production'",
    "[gateway]\nport = 'eighty'": "gateway.port: Input should be a valid integer",
    "[gateway]\nport = 70000": "gateway.port: Input should be less than or equal to 65535",
    "[gateway]\npublic = 'shop.example'": "gateway.public: String should match pattern",
    "[gateway]\npublic = 'https://shop.example/x'": "gateway.public: String should match pattern",
    "[gateway.limits]\nbody_bytes = 0": "gateway.limits.body_bytes: Input should be greater than 0",
    "[gateway.cors]\norigins = ['*']": "gateway.cors: origins may not be '*' while credentials is true",
    "[services.users]\nengine = 'rust'": "services.users.engine: Input should be 'grpcio' or 'native'",
    "[services.users]\nreplicas = 0": "services.users.replicas: Input should be greater than or equal to 1",
    "[services.Users]": "services.Users.[key]: String should match pattern",
    "[flows]\nusers = ['orders']": "flows names 'users', which is no service of this mesh",
    "[services.users]\n[flows]\nusers = ['order']": "flows names 'order', which is no service of this mesh",
    "services = 3": "services: Input should be a valid dictionary",
    "[contract]\npython = 'shop-pb'": "contract.python: String should match pattern",
    "[tls]\nenable = true": "tls.enable: unknown key, did you mean 'enabled'?",
    "[tls]\ngateway = true": "tls.gateway: set tls.enabled = true too",
    "[tls]\nenabled = true\n[services.users]\nengine = 'native'": "services.users.engine: 'native' cannot",
    "[tls]\nenabled = true\n[services.gateway]": "services.gateway: with tls.enabled this name belongs to",
    "[identity]\nkey_days = 0.5": "identity.key_days: Input should be greater than or equal to 1",
    "[mesh\n": "not TOML: ",
    "[mesh]\nname = 'a'\n[mesh]\n": "not TOML: ",
}


def written(folder: Path, text: str) -> Path:
    path = folder / "mesh.toml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", MISTAKES, ids=lambda text: text.replace("\n", " "))
def test_a_mistake_is_named_with_file_key_and_what_to_do(tmp_path: Path, text: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError, match=re.escape(f"{path}: {MISTAKES[text]}")):
        load_manifest(path)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, "[mesh]\nnmae = 'x'\n[gateway]\nport = -1")
    with pytest.raises(ConfigError, match=r"mesh.nmae: unknown key.*; gateway.port: Input should be"):
        load_manifest(path)


def test_no_file(tmp_path: Path) -> None:
    for path in (tmp_path / "mesh.toml", Path(__file__) / "mesh.toml"):
        with pytest.raises(ConfigError, match=r"mesh.toml: no such file \(run in the folder of mesh.toml"):
            load_manifest(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load_manifest(tmp_path)


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "mesh.toml"
    path.write_bytes(b"[mesh]\nname = '\xff'")
    with pytest.raises(ConfigError, match="not TOML"):
        load_manifest(path)


def test_an_empty_file_is_a_mesh_of_defaults(tmp_path: Path) -> None:
    assert load_manifest(written(tmp_path, "")) == Manifest()


def test_settings_never_change() -> None:
    manifest = load_manifest(ROOT / "mesh.toml")
    with pytest.raises(ValueError, match="frozen"):
        manifest.mesh.name = "other"


def mesh(**services: dict[str, int]) -> Manifest:
    return Manifest.model_validate({"services": services})


def test_the_ports_rule() -> None:
    ports = Ports(mesh(users={"replicas": 2}, catalog={}, orders={"replicas": 3}), 8000)
    assert (ports.gateway, ports.broker) == (8000, 8001)
    assert [ports.service(name) for name in ("users", "catalog", "orders")] == [
        (8010, 8011),
        (8012,),
        (8013, 8014, 8015),
    ]


def test_a_port_of_one_s_own_moves_no_other() -> None:
    ports = Ports(mesh(users={"port": 9999, "replicas": 2}, catalog={}), 8000)
    assert ports.service("users") == (9999, 10000)
    assert ports.service("catalog") == (8012,)


def test_a_service_that_is_not_there() -> None:
    with pytest.raises(KeyError, match="nobody"):
        Ports(mesh(users={}), 8000).service("nobody")
