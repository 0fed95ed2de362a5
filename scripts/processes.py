"""Child programs of scripts that take long."""
from __future__ import annotations

import ctypes
import signal


def end_with_parent() -> None:
    """In the child: SIGTERM when its parent is killed, for then it saves, and nobody works on unseen."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)
