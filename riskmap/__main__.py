"""Run riskmap as ``python -m riskmap``."""

from __future__ import annotations

import sys

from riskmap.cli import enter

if __name__ == "__main__":
    sys.exit(enter())
