"""Templates, styles and scripts by themselves: complete, and inside the content security policy."""

import re
from functools import cache
from pathlib import Path

import brotli
import html5lib
import pytest

from backend.core.assets import assets
from backend.core.pages import environment

PWA = Path(__file__).parents[1] / "pwa"
TEMPLATES = PWA / "templates"
SCRIPTS = sorted((PWA / "static" / "js").glob("*.js"))
HTML = sorted(TEMPLATES.rglob("*.html"))
PAGES = [
    path
    for path in HTML
    if not path.name.startswith("_") and path.parent.name != "macros" and path.name != "base.html"
]
INCLUDE = re.compile(r'{%-? include "([^"]+)"')
EXPRESSION = re.compile(r"{#.*?#}|{%.*?%}|{{.*?}}", re.DOTALL)
IMPORT = re.compile(r'@import "([^"]+)"')
FIRST_LOAD = ("js/app.js", "js/live.js", "js/morph.js")
KILOBYTE = 1024


def name_of(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


@cache
def source(name: str) -> str:
    """The template with everything it includes."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    return text + "".join(source(included) for included in INCLUDE.findall(text))


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_a_template_compiles(path):
    environment().get_template(name_of(path))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_page_has_a_title_and_one_main_heading(path):
    text = source(name_of(path))

    assert text.startswith('{% extends "base.html" %}')
    assert "{% block title %}" in text
    assert len(re.findall(r"<h1\b", text)) == 1


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_a_template_obeys_the_content_security_policy(path):
    text = path.read_text(encoding="utf-8")

    assert not re.search(r"\s(style|on[a-z]+)=", text)
    assert not re.search(r"<style\b|javascript:", text)
    assert re.findall(r"<script(?![^>]* src=)", text) == []


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_chinese_on_a_page_goes_through_the_catalogue(path):
    """The names of the languages stay as they are: whoever looks for theirs must find it."""
    text = EXPRESSION.sub("", path.read_text(encoding="utf-8"))

    assert set(re.findall(r"[一-鿿]+", text)) <= {"中文"}


@pytest.mark.parametrize("path", HTML, ids=name_of)
def test_every_icon_and_asset_a_template_names_exists(path):
    text = path.read_text(encoding="utf-8")
    sprite = assets().files["icons/sprite.svg"].body.decode()

    for icon in re.findall(r'icon\("([\w-]+)"\)', text):
        assert f'id="i-{icon}"' in sprite
    for asset in re.findall(r"asset\(['\"]([^'\"]+)", text):
        assert asset in assets().files


def test_a_page_is_wellformed_html(page_html):
    parser = html5lib.HTMLParser(strict=False)
    parser.parse(page_html)

    assert [code for _position, code, _data in parser.errors] == []


@pytest.fixture(params=["offline.html", "error.html", "accounts/signed_out.html"])
def page_html(request: pytest.FixtureRequest) -> str:
    from backend.core.pages import Viewer, utility

    viewer = Viewer(locale="zh-CN", mode="standard", theme="auto", path="/")
    context = {"viewer": viewer, "utility": utility(), "status": 404, "detail": "x", "code": "x"}
    return environment().get_template(request.param).render(context)


def test_the_offline_page_knows_nobody():
    """The worker keeps it for everyone who uses the device."""
    text = source("offline.html")

    assert "{% block header %}" in text
    assert not re.search(r"viewer\.(name|phone|usage_point|unread)", text)


def test_every_style_file_is_imported_once_and_exists():
    folder = PWA / "static" / "css"
    imported = IMPORT.findall((folder / "app.css").read_text(encoding="utf-8"))
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*.css")}

    assert sorted(imported) == sorted(present - {"app.css"})


def test_colours_stand_in_the_tokens_only():
    """So that a theme is a block of tokens. Paper is black and white in every theme."""
    found = {}
    for path in (PWA / "static" / "css").rglob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if path.name not in ("tokens.css", "print.css") and re.search(r"#[0-9a-f]{3,8}\b", text):
            found[path.name] = re.findall(r"#[0-9a-f]{3,8}\b", text)

    assert found == {}


def test_no_style_needs_force():
    styles = [path.read_text(encoding="utf-8") for path in (PWA / "static" / "css").rglob("*.css")]

    assert not any("!important" in text for text in styles)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_short_and_has_one_door_to_html(path):
    text = path.read_text(encoding="utf-8")

    assert len(text.splitlines()) <= 100
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert ("DOMParser" in text) == (path.name == "app.js")


def test_a_script_says_only_what_stands_in_a_template():
    push = (PWA / "static" / "js" / "push.js").read_text(encoding="utf-8")
    sentences = set(re.findall(r"data-say-(\w+)", source("notifications/_push_card.html")))
    quoted = set(re.findall(r'"([a-z]+)"', push))

    assert sentences <= quoted
    assert set(re.findall(r'say\("(\w+)"\)', push)) <= sentences


def test_what_a_phone_loads_first_is_small():
    files = assets().files

    def weight(*names: str) -> int:
        return sum(len(brotli.compress(files[name].body, quality=11)) for name in names)

    assert weight("css/app.css") <= 12 * KILOBYTE
    assert weight(*FIRST_LOAD) <= 5 * KILOBYTE
    assert weight(*(f"js/{path.name}" for path in SCRIPTS)) <= 12 * KILOBYTE
