"""The scripts and styles that a page carries inside itself, so that it opens offline.

Third-party files come from installed packages; nothing is ever linked.
"""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from xstatic.pkg import leaflet

from riskmap.errors import OutputError, complain

if TYPE_CHECKING:
    from collections.abc import Mapping

LEAFLET_JS = "leaflet.js"
LEAFLET_CSS = "leaflet.css"
LEAFLET_VERSION = ".".join(str(leaflet.VERSION).split(".")[:3])

# From the name that a page gives to the file of the installed package.
_FILES: Mapping[str, str] = MappingProxyType({LEAFLET_JS: "leaflet.js", LEAFLET_CSS: "leaflet.css"})

_URL = re.compile(r"url\(\s*['\"]?([^'\")]+)['\"]?\s*\)")
_MAPPING = re.compile(r"^\s*(?://[#@]|/\*[#@])\s*sourceMappingURL=.*$", re.MULTILINE)
_MEDIA = MappingProxyType({".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"})


def asset(url: str) -> str:
    """Return the text of a third-party script or style, fit to stand inside a page.

    Parameters
    ----------
    url : str
        Name that the page gives it.

    Returns
    -------
    str
        Text with every file of a style inlined and no way out of its element.

    Raises
    ------
    OutputError
        When no installed package is known to hold it: a page must never go online.
    """
    if url not in _FILES:
        raise OutputError([complain("error.asset_unknown", {"url": url})])
    path = Path(leaflet.BASE_DIR) / _FILES[url]
    text = path.read_text("utf-8")
    if path.suffix == ".css":
        text = _URL.sub(lambda found: _inlined(path.parent, found.group(1)), text)
    return enclosed(text)


def own_asset(name: str) -> str:
    """Return the text of a script or style of riskmap, fit to stand inside a page.

    Parameters
    ----------
    name : str
        File in ``templates/``.

    Returns
    -------
    str
        Text with no way out of its element.
    """
    return enclosed((Path(__file__).parent / "templates" / name).read_text("utf-8"))


def enclosed(text: str) -> str:
    r"""Close every way out of a script or style element.

    Parameters
    ----------
    text : str
        Script or style.

    Returns
    -------
    str
        The same without source maps and with closing tags escaped.

    Examples
    --------
    >>> print(enclosed("a = '</script>'"))
    a = '<\/script>'
    """
    text = _MAPPING.sub("", text)
    return re.sub(r"</(?=script|style)", r"<\\/", text, flags=re.IGNORECASE)


def _inlined(folder: Path, name: str) -> str:
    path = folder / name
    if name.startswith("#") or not path.is_file():
        # A behaviour of old browsers, or a file the package does not hold.
        return "none"
    data = b64encode(path.read_bytes()).decode("ascii")
    return f"url(data:{_MEDIA[path.suffix]};base64,{data})"
