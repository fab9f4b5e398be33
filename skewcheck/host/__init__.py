"""What this host says of its own clock: files, system calls and one question to its own daemon.

It starts no other program, sets nothing, and needs no rights. Every reader takes the paths and calls that it reads
from as parameters; what can't be read is `Unknown` with a reason, which is never bad news in itself.
"""
