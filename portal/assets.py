"""The look of the pages: NHS.UK frontend's built stylesheet and script, taken out of the wheel that carries them."""

import re
from importlib.util import find_spec
from pathlib import Path

CARRIER = "wagtailnhsukfrontend"  # located, never imported: Wagtail is not installed and not needed

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/|^//# sourceMappingURL=.*$", re.MULTILINE)

# The script exports initAll and calls nothing. Called here, in the same file: a module of ours that imported it would
# name it without the hash that static files carry, and the content security policy forbids a script in the page.
START = """
document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();
"""


class AssetsMissing(Exception):
    """The wheel is not installed, or holds something else than expected; the message says what to do."""


def build(target: Path) -> list[Path]:
    """Write ``nhsuk/nhsuk.css`` and ``nhsuk/nhsuk.js`` under ``target`` and return their paths.

    The @font-face rules go: Frutiger is licensed to NHS bodies and would be fetched from another host; the text falls
    back to Arial. The source map lines go: the maps are not in the wheel, and collectstatic fails on a missing file.
    """
    css = SOURCE_MAP.sub("", FONT_FACE.sub("", _only("css/nhsuk-frontend-*.min.css").read_text(encoding="utf-8")))
    js = SOURCE_MAP.sub("", _only("js/nhsuk-frontend-*.min.js").read_text(encoding="utf-8")) + START
    if "https://" in css or "https://" in js:
        raise AssetsMissing(
            "NHS.UK frontend refers to another host, which the pages may not. "
            "Install the version pinned in requirements/assets.txt."
        )
    folder = target / "nhsuk"
    folder.mkdir(parents=True, exist_ok=True)
    built = {folder / "nhsuk.css": css, folder / "nhsuk.js": js}
    for path, text in built.items():
        path.write_text(text, encoding="utf-8")
    return list(built)


def _only(pattern: str) -> Path:
    spec = find_spec(CARRIER)
    folders = spec.submodule_search_locations if spec else []
    found = [path for folder in folders for path in (Path(folder) / "static" / CARRIER).glob(pattern)]
    if len(found) != 1:
        raise AssetsMissing(
            f"Expected one file {pattern} of NHS.UK frontend and found {len(found)}. Run `make setup` to install it."
        )
    return found[0]
