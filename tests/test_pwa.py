"""The shell of the app: manifest, worker and assets hang together and change together."""

import json
import re

import pytest

from backend.core import assets as asset_module
from backend.core.assets import assets
from backend.core.pwa import precached, worker_release


async def test_the_manifest_makes_the_site_installable(client):
    response = await client.get("/manifest.webmanifest")
    manifest = response.json()

    assert response.headers["content-type"].startswith("application/manifest+json")
    assert {"id", "name", "short_name", "start_url", "scope", "display", "icons", "shortcuts"} <= (
        manifest.keys()
    )
    sizes = {(icon["sizes"], icon.get("purpose", "any")) for icon in manifest["icons"]}
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= sizes


async def test_everything_the_manifest_names_exists(client):
    manifest = (await client.get("/manifest.webmanifest")).json()
    pictures = [*manifest["icons"], *manifest.get("screenshots", [])]

    for picture in pictures:
        assert (await client.get(picture["src"])).status_code == 200
    for shortcut in manifest["shortcuts"]:
        assert (await client.get(shortcut["url"])).status_code in (200, 303)


async def test_the_manifest_speaks_the_reader_s_language(client):
    client.cookies.set("locale", "en")

    manifest = (await client.get("/manifest.webmanifest")).json()

    assert manifest["lang"] == "en"
    assert not re.search(r"[一-鿿]", json.dumps(manifest["shortcuts"], ensure_ascii=False))


async def test_the_worker_is_never_cached_and_may_control_the_whole_site(client):
    response = await client.get("/sw.js")

    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["content-type"].startswith("text/javascript")
    assert worker_release() in response.text


async def test_everything_the_worker_keeps_exists(client):
    for address in [*precached(), "/offline"]:
        assert (await client.get(address)).status_code == 200


async def test_an_asset_is_immutable_and_an_old_release_gets_the_present_file_uncached(client):
    present = await client.get(asset_module.asset("css/app.css"))
    old = await client.get("/static/0123456789ab/css/app.css")

    assert "immutable" in present.headers["cache-control"]
    assert old.headers["cache-control"] == "no-cache"
    assert old.content == present.content


async def test_an_unknown_asset_is_not_found(client):
    assert (await client.get(f"/static/{assets().release}/css/nothing.css")).status_code == 404
    assert (await client.get(f"/static/{assets().release}/../sw.js")).status_code == 404


def test_any_changed_asset_changes_the_release(monkeypatch, tmp_path):
    (tmp_path / "a.css").write_text("a{}")
    monkeypatch.setattr(asset_module, "STATIC", tmp_path)
    before = asset_module.assets.__wrapped__().release

    (tmp_path / "a.css").write_text("b{}")

    assert asset_module.assets.__wrapped__().release != before


@pytest.mark.parametrize("accepted", ["br", "gzip", ""])
async def test_assets_are_sent_as_small_as_the_browser_takes(client, accepted):
    response = await client.get(
        asset_module.asset("css/app.css"), headers={"accept-encoding": accepted}
    )

    assert response.headers.get("content-encoding", "") == accepted
    assert "@layer" in response.text
