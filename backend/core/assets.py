"""Everything under pwa/static, read once: versioned by one hash, compressed once, served from memory.

The release is the hash of all assets, so any change gives every address a new name that may be cached
for ever. An address of an older release is answered with the current file, uncached: no page breaks
between two deployments. A stylesheet's `@import` lines are filled in here, which spares the phone a
round trip a file without a build step.
"""

import gzip
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

import brotli
from litestar import Response, get
from litestar.params import FromPath
from msgspec import Struct

from backend.core.errors import NotFound
from backend.core.http import Request

STATIC = Path(__file__).parents[2] / "pwa" / "static"
IMPORT = re.compile(r'@import\s+"([^"]+)"\s*(?:layer\((\w+)\))?\s*;')
COMPRESSIBLE = {".css", ".js", ".svg", ".json", ".txt"}
IMMUTABLE = "public, max-age=31536000, immutable"
TYPES = {".js": "text/javascript", ".css": "text/css"}  # the charset is added to every text


class Asset(Struct, frozen=True):
    body: bytes
    type: str
    br: bytes | None = None
    gz: bytes | None = None


class Assets(Struct, frozen=True):
    release: str
    files: dict[str, Asset]


@cache
def assets() -> Assets:
    files = {
        path.relative_to(STATIC).as_posix(): _read(path)
        for path in sorted(STATIC.rglob("*"))
        if path.is_file()
    }
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(name.encode() + b"\0" + file.body)
    return Assets(digest.hexdigest()[:12], files)


def asset(path: str) -> str:
    """The address of a file of pwa/static; an unknown file is an error, not a broken page."""
    if path not in assets().files:
        raise LookupError(f"no asset {path}")
    return f"/static/{assets().release}/{path}"


def _read(path: Path) -> Asset:
    body = _inline(path).encode() if path.suffix == ".css" else path.read_bytes()
    kind = (
        TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    )
    if path.suffix not in COMPRESSIBLE:
        return Asset(body, kind)
    return Asset(body, kind, brotli.compress(body, quality=11), gzip.compress(body, 9, mtime=0))


def _inline(path: Path) -> str:
    def fill(match: re.Match[str]) -> str:
        text = _inline(path.parent / match[1])
        return f"@layer {match[2]}{{{text}}}" if match[2] else text

    return _squeeze(IMPORT.sub(fill, path.read_text(encoding="utf-8")))


def _squeeze(css: str) -> str:
    """Comments and indentation are for the reader of the file, not for the phone."""
    without_comments = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", without_comments).strip() + "\n"


@get("/static/{release:str}/{path:path}", include_in_schema=False, sync_to_thread=False)
def serve_asset(request: Request, release: FromPath[str], path: FromPath[str]) -> Response[bytes]:
    file = assets().files.get(str(path).lstrip("/"))
    if file is None:
        raise NotFound
    headers = {"cache-control": IMMUTABLE if release == assets().release else "no-cache"}
    body = file.body
    if file.br is not None and file.gz is not None:
        headers["vary"] = "accept-encoding"
        accepted = request.headers.get("accept-encoding", "")
        if "br" in accepted:
            body, headers["content-encoding"] = file.br, "br"
        elif "gzip" in accepted:
            body, headers["content-encoding"] = file.gz, "gzip"
    return Response(body, media_type=file.type, headers=headers)
