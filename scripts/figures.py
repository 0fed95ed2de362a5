#!/usr/bin/env python3
"""Draws the figures of the paper: figures.py --help, python/hamgen/figures/command.py."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
try:
    from hamgen.figures.command import main
except ImportError as missing:
    if missing.name not in ("matplotlib", "h5py"):
        raise
    print(f"figures: needs {missing.name} (Debian: apt-get install python3-{missing.name})", file=sys.stderr)
    sys.exit(1)

if __name__ == "__main__":
    sys.exit(main())
