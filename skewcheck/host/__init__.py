"""What this host says of its own clock: files, system calls and one question to its own daemon.

It starts no other program, sets nothing, and needs no rights. Every reader takes the paths and calls that it reads
from as parameters; what can't be read is `Unknown` with a reason, which is never bad news in itself.
"""

import os
import time

from skewcheck.host.daemons import read_configured, read_daemons, tracking
from skewcheck.host.files import Files
from skewcheck.host.kernel import find_fake, read_hardware, read_kernel
from skewcheck.host.place import read_place
from skewcheck.host.zone import read_zone
from skewcheck.model import HostFacts


def read_host(files: Files | None = None) -> HostFacts:
    """Return all that can be known: a few milliseconds of small files and calls, one after the other."""
    files = Files() if files is None else files
    now_s = time.time()
    kernel = read_kernel()
    daemons = read_daemons(files, tracking=tracking, now_s=now_s)
    running = tuple(daemon.name for daemon in daemons if daemon.running)
    return HostFacts(
        kernel=kernel,
        daemons=daemons,
        place=read_place(files, os.environ),
        zone=read_zone(os.environ, files, now_s),
        hardware=read_hardware(files),
        fake=find_fake(kernel, files, os.environ),
        configured=read_configured(files, running),
    )
