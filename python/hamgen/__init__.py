"""hamgen in Python: datasets (hamgen.dataset), the networks in PyTorch (hamgen.hgn_torch, hamgen.nhf_torch), figures, experiments.

    from hamgen import HamgenDataset
"""
from __future__ import annotations

from typing import Any

__all__ = ["DatasetError", "Field", "HamgenDataset", "read_manifest"]


def __getattr__(name: str) -> Any:
    """What is exported, when it is asked for: programs that read no dataset need no h5py, and python3 -m hamgen.dataset runs a module
    that nobody has imported."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from hamgen import dataset

    return getattr(dataset, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
