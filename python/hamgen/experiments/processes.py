"""Child programs of scripts that take long: one after the other, in a directory of their own, stopped by signals and gone on with."""
from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

INTERRUPTED = 75  # the status of a program that was stopped by a signal, and saved


class Interrupted(Exception):
    """Stopped by a signal."""


class Busy(Exception):
    """Another script is at work in this directory."""


def end_with_parent() -> None:
    """In the child: SIGTERM when its parent is killed, for then it saves, and nobody works on unseen."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Workshop:
    """Runs one program after another, and passes signals on, so that each saves what it has."""

    def __init__(self) -> None:
        self.is_stopped = False
        self.child: subprocess.Popen | None = None
        self.locks: list[int] = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self.stop)

    def stop(self, *_: object) -> None:
        self.is_stopped = True
        if self.child is not None:
            self.child.terminate()

    def enter(self, directory: Path) -> None:
        """There is one at a time in a directory, which is made. Raises Busy."""
        directory.mkdir(parents=True, exist_ok=True)
        self.locks.append(os.open(directory / ".lock", os.O_RDWR | os.O_CREAT))  # programs inherit it: free when the last has ended
        for _ in range(50):
            try:
                fcntl.flock(self.locks[-1], fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                time.sleep(0.1)  # a program of one that was killed may still be saving
        raise Busy(directory)

    def status_of(self, command: list[object], tick: Callable[[], None] = lambda: None, **options: object) -> int:
        """Runs it to its end; options: of Popen. The program has a session of its own: Ctrl-C reaches it once, through stop().
        Raises Interrupted, and OSError where it cannot be run."""
        if self.is_stopped:
            raise Interrupted
        child = self.child = subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, start_new_session=True,
                                              pass_fds=self.locks, preexec_fn=end_with_parent, **options)
        try:
            if self.is_stopped:
                child.terminate()
            while child.poll() is None:
                tick()
                time.sleep(0.1)
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait()
            self.child = None
        if child.returncode != 0 and (self.is_stopped or child.returncode == INTERRUPTED):
            raise Interrupted
        return child.returncode
