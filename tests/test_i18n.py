"""Every text of the product exists in English, says the same things and is used."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
CATALOGUES = ROOT / "pwa" / "locale" / "en"
PLACEHOLDER = re.compile(r"%\((\w+)\)s")
CHINESE = re.compile(r"[一-鿿]")
KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def used() -> dict[str, str]:
    """Every marked text with the file it stands in."""
    found: dict[str, str] = {}
    methods = {
        ROOT / "backend": [("**.py", "python")],
        ROOT / "pwa" / "templates": [("**.html", "jinja2"), ("**.txt", "jinja2")],
        ROOT / "pwa": [("sw.js", "jinja2"), ("manifest.webmanifest", "jinja2")],
    }
    options = {key: {"trimmed": "true", "silent": "false"} for key in ("**.html", "**.txt")}
    for folder, method_map in methods.items():
        extracted = extract_from_dir(folder, method_map, options, keywords=KEYWORDS)
        for name, _line, message, _comments, _context in extracted:
            for text in message if isinstance(message, tuple) else (message,):
                found.setdefault(text, name)
    return found


def translated() -> dict[str, str]:
    found: dict[str, str] = {}
    for path in CATALOGUES.glob("*.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id:
                    found[str(message.id)] = str(message.string)
    return found


def test_every_text_has_an_english_one():
    english = translated()
    missing = {
        text: name
        for text, name in used().items()
        if CHINESE.search(text) and not english.get(text)
    }

    assert missing == {}


def test_no_english_text_is_left_over():
    left = translated().keys() - used().keys()

    assert left == set()


def test_english_keeps_every_placeholder_and_no_chinese():
    wrong = {
        source: english
        for source, english in translated().items()
        if set(PLACEHOLDER.findall(source)) != set(PLACEHOLDER.findall(english))
        or CHINESE.search(re.sub(r"长辈版|中文|灯火", "", english))
    }

    assert wrong == {}


@pytest.mark.parametrize("path", sorted(CATALOGUES.glob("*.po")), ids=lambda path: path.name)
def test_a_text_has_one_translation(path):
    ids = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(ids) == sorted(set(ids))
