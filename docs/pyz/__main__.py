"""What runs first in `skewcheck.pyz`: on a Python that is too old it says so, where all else would be a traceback.

It keeps to what Python 2.7 understands, and exits with 3: Python's own 1 would be a warning.
"""

import sys

if sys.version_info < (3, 10):  # noqa: UP036 - nobody has installed this, so nobody has looked
    found = "error: skewcheck needs Python 3.10 or newer, and this is %d.%d\n" % sys.version_info[:2]  # noqa: UP031
    sys.stderr.write(found + "  try: a newer one by its name, such as: python3.13 skewcheck.pyz\n")
    sys.exit(3)  # noqa: TID251 - it stands in for cli/

from skewcheck.__main__ import main

main()
