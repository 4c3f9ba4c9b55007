"""What needs no database: phones, targets, devices."""

import re

import pytest

from backend.accounts.rules import (
    PHONE,
    ROLES_WITH,
    AccessRole,
    Permission,
    device_name,
    local_path,
    mobile_of,
    session_limits,
)


@pytest.mark.parametrize("phone", ["13800000001", "19912345678"])
def test_a_mainland_mobile_number_is_a_phone(phone):
    assert re.search(PHONE, phone)


@pytest.mark.parametrize(
    "phone", ["12800000001", "1380000000", "138000000011", "13800000001\n", "1380000000a", ""]
)
def test_anything_else_is_not(phone):
    assert not re.search(PHONE, phone)


@pytest.mark.parametrize(
    "typed", ["13800000001", "+86 138 0000 0001", "0086-138-0000-0001", " 138-0000-0001 "]
)
def test_a_mobile_number_is_found_however_people_write_it(typed):
    assert mobile_of(typed) == "13800000001"


def test_a_landline_is_no_mobile_number():
    assert mobile_of("0512-1234567") is None


@pytest.mark.parametrize("path", ["/", "/applications/A-1?x=1#top", "/settings"])
def test_a_path_of_this_site_is_followed(path):
    assert local_path(path) == path


@pytest.mark.parametrize(
    "target",
    [
        "",
        "//evil.example",
        "/\\evil.example",
        "\\/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/a\r\nset-cookie: x=1",
        "/\t/evil.example",
        "/" + "a" * 501,
        "/青",
        "evil",
    ],
)
def test_any_other_target_leads_home(target):
    assert local_path(target) == "/"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Linux; Android 14; 2312) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
            "Chrome · Android",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
            "Safari · iPhone",
        ),
        ("Mozilla/5.0 (Linux; Android 13) Chrome/107 MicroMessenger/8.0.50", "微信 · Android"),
        ("python-httpx/0.28", "python-httpx"),
        ("", ""),
    ],
)
def test_a_device_has_a_name_people_know(user_agent, name):
    assert device_name(user_agent) == name


def test_staff_are_signed_out_sooner():
    staff, customers = session_limits(True), session_limits(False)

    assert staff[0] < customers[0]
    assert staff[1] < customers[1]


def test_only_an_owner_manages_and_a_viewer_only_reads():
    assert ROLES_WITH[Permission.manage] == (AccessRole.owner,)
    assert AccessRole.viewer not in ROLES_WITH[Permission.act]
    assert set(AccessRole) == set(ROLES_WITH[Permission.read])
