"""A filter of system calls, as container runtimes and systemd have them: it answers whoever asks for the clock."""

import os

import pytest

_FILTER = """
import ctypes, os, struct
LOAD_NUMBER, EQUAL, RETURN = 0x20, 0x15, 0x06
lines = [(LOAD_NUMBER, 0, 0, 0)]
for left, number in ((1, {numbers}[0]), (0, {numbers}[1])):
    lines.append((EQUAL, left, 0 if left else 1, number))
lines += [(RETURN, 0, 0, {answer}), (RETURN, 0, 0, 0x7fff0000)]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
program = Program(len(lines), ctypes.addressof(code))
assert libc.prctl(22, 2, ctypes.byref(program)) == 0, os.strerror(ctypes.get_errno())  # PR_SET_SECCOMP
"""
_NUMBERS = {"x86_64": (159, 305), "aarch64": (171, 266)}
"""adjtimex and clock_adjtime; C libraries use either."""
REFUSE = 0x0005_0000
"""SECCOMP_RET_ERRNO, with the error's number."""
KILL = 0x8000_0000
"""SECCOMP_RET_KILL_PROCESS."""


def program(answer: int) -> str:
    """Return Python that gives *answer* from now on to the calls that ask the kernel for its clock."""
    machine = os.uname().machine
    if machine not in _NUMBERS:
        pytest.skip(f"the numbers of {machine}'s system calls are not known here")
    return _FILTER.format(numbers=_NUMBERS[machine], answer=answer)
