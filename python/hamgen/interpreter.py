"""Lets a command run under whichever python3 comes first in the path: a command imports this before anything that is not Python's own."""
import importlib.util
import os
import subprocess
import sys

SYSTEM = "/usr/bin/python3"  # Debian's: scripts/install-dependencies installs packages for this one
OLDEST = (3, 8)


def need(*modules):
    """Returns where this Python has all of these modules: a virtual environment or conda is used as it is. Otherwise the command starts
    again under Debian's python3, if that has them. If not, it ends with status 1 and says what is missing and how to install it."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if not missing and sys.version_info >= OLDEST:
        return
    if sys.prefix != "/usr" and _has(SYSTEM, modules):
        words = getattr(sys, "orig_argv", [sys.executable, *sys.argv])[1:]
        sys.stdout.flush()
        os.execve(SYSTEM, [SYSTEM, *words], {name: value for name, value in os.environ.items() if name != "PYTHONHOME"})
    if {"-h", "--help"} & set(sys.argv[1:]):
        print((sys.modules["__main__"].__doc__ or "").strip() + "\n\nIt does not run yet: " + why_not(missing))
        sys.exit(0)
    sys.exit(f"{os.path.basename(sys.argv[0])}: {why_not(missing)}")


def why_not(missing):
    """What is missing, and each way out."""
    if not missing:
        return f"{sys.executable} is Python {sys.version.split()[0]}: {'.'.join(map(str, OLDEST))} or later is needed."
    lacks = f"this Python ({sys.executable}) has no {' and no '.join(missing)}."
    apt = f"sudo apt-get install {' '.join('python3-' + name for name in missing)}"
    if sys.prefix == "/usr":  # Debian's, into which pip does not install
        return f"{lacks} Install with: {apt}"
    return f"{lacks} Install with: python3 -m pip install {' '.join(missing)}. Or on Debian, for all users: {apt}"


def _has(python, modules):
    """Whether that interpreter is there, not too old, and has these modules."""
    asks = (f"import importlib.util as u, sys\n"
            f"sys.exit(sys.version_info < {OLDEST!r} or any(u.find_spec(name) is None for name in sys.argv[1:]))")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHOME"}
    try:
        return subprocess.run([python, "-c", asks, *modules], env=environment, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False
