"""What Envoy says of the renderings, and how a running one takes a new one."""

import json
from pathlib import Path

from protomesh.contract import Contract
from protomesh.gateway import refusal, render_dynamic, render_static
from protomesh.settings import Manifest
from tests.integration.gateway.clients import Answer, Rest, eventually
from tests.integration.gateway.conftest import World
from tests.integration.gateway.envoys import free_port, running, validate, write

EXTRA = {
    "http_filters": [
        {
            "name": "envoy.filters.http.buffer",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer",
                "max_request_bytes": 1000000,
            },
        }
    ]
}


def test_the_static_rendering_runs_from_the_root(contract: Contract, tmp_path: Path) -> None:
    port = free_port()
    manifest = Manifest.model_validate(
        {"gateway": {"port": port}, "services": {n: {} for n in ("users", "catalog", "orders", "files")}}
    )
    folder = tmp_path / "gateway"
    folder.mkdir()
    write(folder, render_static(contract, manifest, extras=json.dumps(EXTRA)))
    with running(Path("gateway/envoy.yaml"), port, tmp_path / "log", cwd=tmp_path):
        assert Rest(port)("GET", "/api/nope").status == 404
        assert Rest(port)("GET", "/api/users/u1").json["code"] == "UNAVAILABLE"


def test_what_envoy_refuses_is_told_in_one_line(
    contract: Contract, manifest: Manifest, tmp_path: Path
) -> None:
    extras = json.dumps({"connection_manager": {"serverr_name": "x"}})
    write(tmp_path, render_static(contract, manifest, folder=str(tmp_path), extras=extras))
    done = validate(tmp_path / "envoy.yaml")
    assert done.returncode == 1
    told = refusal(done.stderr)
    assert "serverr_name" in told
    assert len(told) <= 500
    assert "http_filters" not in told


def test_a_running_gateway_takes_a_new_rendering_and_keeps_the_last_good_one(world: World) -> None:
    """The size limit moves and comes back; in between a broken file changes nothing."""
    limits = world.manifest.gateway.limits.model_copy(update={"body_bytes": 10})
    gateway = world.manifest.gateway.model_copy(update={"limits": limits})
    small = world.manifest.model_copy(update={"gateway": gateway})

    def apply(manifest: Manifest) -> None:
        files = dict(render_dynamic(world.contract, manifest, world.addresses, folder=str(world.folder)))
        del files["bootstrap.json"]
        write(world.folder, files)

    def post() -> Answer:
        return world.rest("POST", "/api/users", {"userId": "a-long-one"})

    try:
        apply(small)
        eventually(post, lambda answer: answer.status == 413)
        write(world.folder, {"lds.json": b'{"version_info": "broken", "resources": ['})
        eventually(lambda: world.rest("GET", "/healthz"), lambda _: "lds.json" in world.log.read_text())
        assert post().status == 413
    finally:
        apply(world.manifest)
        eventually(post, lambda answer: answer.status == 201)
