"""Becomes another program that the kernel kills when its parent ends: tied.py PARENT USER PROGRAM [ARGUMENT…].

Run by path with `python -I -S`, as a program between fork and exec: nothing has to run in the forked copy of a
process that may have threads. USER is `-`, or whom to become (as root); that must come first, since it unties.
"""

import ctypes
import os
import pwd
import signal
import sys

PR_SET_PDEATHSIG = 1
CANNOT_START = 127  # as the shell has it


def become(user: str) -> None:
    account = pwd.getpwnam(user)
    os.initgroups(user, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(account.pw_uid)


def main(parent: str, user: str, *argv: str) -> None:
    if user != "-":
        become(user)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != int(parent):
        os._exit(1)  # the parent ended before the tie was made
    try:
        os.execvp(argv[0], argv)  # noqa: S606 - no shell is meant
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        os._exit(CANNOT_START)


if __name__ == "__main__":
    main(*sys.argv[1:])
