"""What hgn-fit writes down while it trains: log.jsonl in a run's directory."""
from __future__ import annotations

import json
from pathlib import Path


def read_log(run: Path) -> list[dict]:
    """The lines that are whole; hgn-fit may be writing the last one. Raises FileNotFoundError before there is a log."""
    text = (run / "log.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
