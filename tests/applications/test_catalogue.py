"""The catalogue is complete, honest about its sources, and refuses a slip."""

import pytest
from msgspec import ValidationError

from backend.applications.catalogue import CATALOGUE, BadCatalogue, catalogue, read
from backend.applications.rules import in_time, new_number
from backend.core.assets import assets
from tests.applications.events import moment


def test_every_paper_is_used_and_what_nobody_published_is_marked():
    found = catalogue()
    used = {code for entry in found.types.values() for code in entry.materials}

    assert used == found.materials.keys()
    assert not found.materials["roof"].confirmed
    assert found.materials["estate_consent"].confirmed


def test_every_icon_exists():
    sprite = assets().files["icons/sprite.svg"].body.decode()

    assert [
        one.icon for one in catalogue().types.values() if f'id="i-{one.icon}"' not in sprite
    ] == []


@pytest.mark.parametrize(
    ("right", "wrong", "error"),
    [
        ('materials = ["account", "question"]', 'materials = ["acount"]', BadCatalogue),
        ('group = "names"', 'group = "name"', BadCatalogue),
        ('source = "charger"', 'source = "chargers"', BadCatalogue),
        ("[types.temporary]", "[types.temporal]", ValidationError),
        ('audience = ["residential"]', 'audience = ["resident"]', ValidationError),
        ("usage_point = false", "usagepoint = false", ValidationError),
    ],
)
def test_a_slip_is_refused(tmp_path, right, wrong, error):
    text = CATALOGUE.read_text(encoding="utf-8")
    assert right in text
    path = tmp_path / "catalogue.toml"
    path.write_text(text.replace(right, wrong), encoding="utf-8")

    with pytest.raises(error):
        read(path)


def test_a_missing_kind_is_refused(tmp_path):
    text = CATALOGUE.read_text(encoding="utf-8")
    path = tmp_path / "catalogue.toml"
    path.write_text(text[: text.index("[types.temporary]")], encoding="utf-8")

    with pytest.raises(BadCatalogue, match="temporary"):
        read(path)


def test_numbers_of_our_own_name_the_day_in_china():
    assert new_number(moment(2, 20), 42) == "DH260303-000042"


def test_a_moment_can_be_true_from_2000_until_tomorrow():
    now = moment(10)

    assert in_time(moment(11), now)
    assert not in_time(moment(11, 3), now)
    assert not in_time(now.replace(year=1999), now)
