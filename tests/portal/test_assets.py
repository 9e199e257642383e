"""The look of the pages, built out of the installed wheel."""

import re

import pytest

from portal import assets


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    return {path.name: path.read_text() for path in assets.build(tmp_path_factory.mktemp("assets"))}


def test_the_stylesheet_is_nhs_uk_frontend_10(built):
    assert re.search(r'--nhsuk-frontend-version:"10\.', built["nhsuk.css"])
    assert ".nhsuk-header" in built["nhsuk.css"]


@pytest.mark.parametrize("forbidden", ["@font-face", "sourceMappingURL", "https://"])
def test_what_is_built_asks_no_other_host_for_anything(built, forbidden):
    assert not [name for name, text in built.items() if forbidden in text]


def test_the_script_starts_itself_because_the_pages_hold_no_script(built):
    assert built["nhsuk.js"].rstrip().endswith("initAll();")


def test_a_missing_wheel_is_refused_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(assets, "CARRIER", "a_package_that_is_not_installed")

    with pytest.raises(assets.AssetsMissing, match="make setup"):
        assets.build(tmp_path)
