"""hamgen in Python: datasets (hamgen.dataset), the networks in PyTorch (hamgen.hgn_torch, hamgen.nhf_torch), figures, experiments.

    import hamgen

    root = hamgen.generate("pendulum", n=100)
    data = hamgen.HamgenDataset(root)
"""
from __future__ import annotations

import importlib
from typing import Any

_MODULES = {name: "hamgen.dataset" for name in ("DatasetError", "Field", "HamgenDataset", "read_manifest")}
_MODULES |= {name: "hamgen.generator" for name in ("DamagedDataset", "HamgenError", "Interrupted", "InvalidConfiguration", "generate", "systems", "verify")}
__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """What is exported, when it is asked for: programs that read no dataset need no h5py, and python3 -m hamgen.dataset runs a module
    that nobody has imported."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
