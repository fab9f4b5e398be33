"""What this host gives too little of is told as that, with exit code 3: it is no defect, no traceback, no warning."""

import sys

from bench.typed import skewcheck

NO_MEMORY_TO_TELL = """\
from skewcheck import __main__, cli
def no_memory(*_):
    raise MemoryError
cli.main = no_memory
__main__.main()
"""


def test_no_memory_even_to_tell_is_no_warning() -> None:
    """Whatever gets past the last one who tells: Python's own exit code is 1, which is a warning."""
    done = skewcheck(program=[sys.executable, "-c", NO_MEMORY_TO_TELL])
    assert (done.exit_code, done.out) == (3, "")
    assert done.err == "skewcheck: there is no verdict; see `ulimit -v` and `ulimit -n`\n"
