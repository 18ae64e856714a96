"""The third-party files that a page inlines, read from installed packages.

No script lies in this repository and none is fetched: a page that names a URL which no
installed package holds is refused, so that a page can never quietly go online again.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from xstatic.pkg import leaflet

from riskmap.errors import OutputError, complain

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a page asks for, and the file of the XStatic-Leaflet package that answers.
_FILES: Mapping[str, str] = MappingProxyType(
    {"leaflet.js": "leaflet.js", "leaflet.css": "leaflet.css"}
)
# Leaflet's own pictures (layer control, default marker) are not used by these pages.
_PICTURE = re.compile(r"url\([^)]*\)")


@cache
def asset(url: str) -> str:
    """Return the text of a file that a page names, made safe to stand inside the page.

    Parameters
    ----------
    url : str
        URL as the page names it.

    Returns
    -------
    str
        Script or stylesheet; pictures of the stylesheet are left out, closing tags are
        escaped, source maps are dropped.

    Raises
    ------
    OutputError
        When no installed package holds it.
    """
    if url not in _FILES:
        raise OutputError([complain("error.asset_unknown", {"url": url})])
    text = (Path(leaflet.BASE_DIR) / _FILES[url]).read_text("utf-8")
    if url.endswith(".css"):
        return _PICTURE.sub("none", text).replace("</style", "<\\/style")
    text = re.sub(r"//# sourceMappingURL=.*", "", text)
    return text.replace("</script", "<\\/script")
