"""Which time daemons this host has, which of them runs, what it says without being asked by root, and whom it asks.

A daemon counts as running where its process, its systemd unit or its own answer is seen. That it does *not* run can
only be said by somebody who sees all processes: not in a container, and not under hidepid.

chronyd alone is asked: one question over its command protocol, to this host's own port 323, which anybody on the host
may ask. Version 6 in candm.h of chrony, whose tracking request has been the same since chrony 3.0; `chronyc tracking`
shows the same answer.
"""

import os
import socket
import struct
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import ConfiguredServer, Daemon, DaemonClaim, Unknown

MAX_PROCESSES = 512
"""Looked at, of the lowest numbers: a daemon starts early. 10 µs each."""

CHRONYD, TIMESYNCD, NTPD, OPENNTPD, NTPD_RS = NAMES = ("chronyd", "systemd-timesyncd", "ntpd", "openntpd", "ntpd-rs")

_PROCESSES = {
    "chronyd": CHRONYD,
    "systemd-timesyn": TIMESYNCD,  # the kernel keeps 15 characters
    "ntpd": NTPD,  # or OpenNTPD's
    "openntpd": OPENNTPD,
    "ntp-daemon": NTPD_RS,
}
_UNITS = {
    "chrony": CHRONYD,  # Debian, Ubuntu
    "chronyd": CHRONYD,  # Red Hat, SUSE, Arch, Amazon Linux
    "systemd-timesyncd": TIMESYNCD,
    "ntp": NTPD,  # Debian's classic ntpd
    "ntpd": NTPD,  # Red Hat's and SUSE's
    "ntpsec": NTPD,
    "openntpd": OPENNTPD,
    "ntpd-rs": NTPD_RS,
}
_GROUPS = ("/sys/fs/cgroup/system.slice", "/sys/fs/cgroup/systemd/system.slice")
"""Where systemd keeps a folder for each unit that runs: cgroups 2 and 1."""
_PROGRAMS = {
    CHRONYD: ("/usr/sbin/chronyd", "/usr/bin/chronyd"),
    TIMESYNCD: ("/usr/lib/systemd/systemd-timesyncd", "/lib/systemd/systemd-timesyncd"),
    NTPD: ("/usr/sbin/ntpd", "/usr/bin/ntpd"),
    OPENNTPD: ("/usr/sbin/openntpd", "/usr/sbin/ntpctl", "/usr/bin/ntpctl"),
    NTPD_RS: ("/usr/bin/ntp-daemon", "/usr/sbin/ntp-daemon"),
}
_FIRST_PID_NAMESPACE = "pid:[4026531836]"
"""The one of the kernel itself (PROC_PID_INIT_INO in linux/proc_ns.h): who is in it sees all processes."""
_TIMESYNCD_FOLDER = "/run/systemd/timesync"
_TIMESYNCD_STAMP = f"{_TIMESYNCD_FOLDER}/synchronized"
"""Touched at each good sample (systemd-timesyncd.service(8)); it goes away with the daemon."""

_NOT_RUNNING = Unknown("it is not running")
_NOT_SEEN = Unknown("whether it runs can't be seen from here")
_SILENT = Unknown("it doesn't say more without rights")


def read_daemons(
    files: Files, *, tracking: Callable[[float], DaemonClaim | Unknown], now_s: float
) -> tuple[Daemon, ...]:
    """Return the daemons that run or are installed here, running ones first; *tracking* asks chronyd."""
    openntpd = _is_openntpd(files)
    units, running, saw_all = _running(files)
    if openntpd and NTPD in running:
        running = running - {NTPD} | {OPENNTPD}
    chronyd = tracking(now_s)
    if isinstance(chronyd, DaemonClaim):
        running.add(CHRONYD)
    claims = {CHRONYD: chronyd, TIMESYNCD: _timesyncd_claim(files, now_s)}
    rest = [name for name in NAMES if name not in running and _installed(files, name, openntpd=openntpd)]
    return (
        *(
            Daemon(name, running=True, claim=claims.get(name, _SILENT), unit=units.get(name))
            for name in NAMES
            if name in running
        ),
        *(
            Daemon(name, running=False if saw_all else None, claim=_NOT_RUNNING if saw_all else _NOT_SEEN)
            for name in rest
        ),
    )


def _timesyncd_claim(files: Files, now_s: float) -> DaemonClaim | Unknown:
    stamped_s = files.modified_s(_TIMESYNCD_STAMP)
    if stamped_s is None:
        return DaemonClaim(synchronised=False) if files.there(_TIMESYNCD_FOLDER) else _SILENT
    age_s = now_s - stamped_s
    return DaemonClaim(synchronised=True, age_s=age_s if age_s >= 0 else None)  # before a step, a stamp is ahead


def _running(files: Files) -> tuple[dict[str, str], set[str], bool]:
    """Return the units that run by their daemons, which daemons run, and whether those not among them surely don't."""
    units = {name: unit for unit, name in _UNITS.items() if _runs(files, unit)}
    if units:  # systemd knows; looking at every process would cost more than all else here
        return units, set(units), _sees_this_kernel(files)
    processes = sorted(int(name) for name in files.names("/proc", most=None) if name.isascii() and name.isdecimal())
    sees_all = len(processes) <= MAX_PROCESSES and files.read("/proc/1/comm") is not None  # None: hidepid, proc(5)
    sees_units = any(files.there(group) for group in _GROUPS)
    return {}, set(_named(files, processes[:MAX_PROCESSES])), _sees_this_kernel(files) and (sees_all or sees_units)


def _runs(files: Files, unit: str) -> bool:
    return any(files.read(f"{group}/{unit}.service/cgroup.procs") for group in _GROUPS)


def _sees_this_kernel(files: Files) -> bool:
    """Tell whether this process isn't in a container or in another namespace of processes."""
    return files.link("/proc/self/ns/pid") == _FIRST_PID_NAMESPACE


def _named(files: Files, numbers: list[int]) -> Iterator[str]:
    for number in numbers:
        comm = (files.read(f"/proc/{number}/comm") or "").strip()
        if comm in _PROCESSES:
            yield _PROCESSES[comm]


def _is_openntpd(files: Files) -> bool:
    """Tell whether the `ntpd` of this host is OpenNTPD, which alone has a program `ntpctl`."""
    return any(files.there(program) for program in _PROGRAMS[OPENNTPD])


def _installed(files: Files, name: str, *, openntpd: bool) -> bool:
    if name == NTPD and openntpd:
        return False
    return any(
        files.there(program) and not (files.link(program) or "").endswith("busybox") for program in _PROGRAMS[name]
    )


# --- chronyd, asked ---

COMMAND_PORT = 323
TIMEOUT_S = 0.2
"""A chronyd on the same host answers in less than a millisecond; this is for a busy machine."""

_VERSION, _REQUEST, _REPLY, _GET_TRACKING, _TRACKING, _SUCCESS = 6, 1, 2, 33, 5, 0
_REPLY_FORMAT = struct.Struct("!BBBBHHHHHHIII I 16sHH HH III 9I")
"""The header, then reference ID, address, stratum and leap, time of the last update, and nine measures."""
_REPLY_BYTES = _REPLY_FORMAT.size
"""104. A request is padded to as much: chronyd sends nobody more than it got."""
_IPV4, _IPV6 = 1, 2
_LEAP_UNSYNCHRONISED = 3
_SHORT_TIME = 0x7FFFFFFF
"""Stands in the upper half of a time whose sender has 32 bits."""
_OWN_CLOCK = 0x7F7F0101
"""Reference ID of a chronyd that follows nobody and was told to serve its own clock (`local`)."""

NOBODY = Unknown(f"it does not answer on port {COMMAND_PORT}")
STRANGER = Unknown(f"what answers on this host's port {COMMAND_PORT} does not speak chronyd's protocol")


class Tracking(NamedTuple):
    """All that chronyd says in a tracking reply, in its own terms and order (chronyc(1), `tracking`)."""

    reference_id: int
    address: str | None
    """Whom it follows; None where that has no address, such as a reference clock."""
    stratum: int
    leap: int
    reference_time_s: float
    """When it last heard from there, Unix seconds of the local clock with `correction_s` added."""
    correction_s: float
    """What it has yet to correct; positive: the clock is behind what chronyd thinks is true."""
    last_offset_s: float
    rms_offset_s: float
    frequency_ppm: float
    residual_frequency_ppm: float
    skew_ppm: float
    root_delay_s: float
    root_dispersion_s: float
    update_interval_s: float

    @property
    def bound_s(self) -> float:
        """How far off the clock is at most, if the stratum 1 server is right (chronyc(1), `tracking`)."""
        return abs(self.correction_s) + self.root_dispersion_s + self.root_delay_s / 2

    @property
    def synchronised(self) -> bool:
        """Tell whether it follows somebody."""
        return self.leap < _LEAP_UNSYNCHRONISED and self.reference_id not in (0, _OWN_CLOCK)


def tracking(
    now_s: float, address: tuple[str, int] = ("127.0.0.1", COMMAND_PORT), timeout_s: float = TIMEOUT_S
) -> DaemonClaim | Unknown:
    """Return what the chronyd of this host claims; *now_s* is the local time of day, for the age of its claim."""
    said = ask(address, timeout_s)
    if isinstance(said, Unknown):
        return said
    if not said.synchronised:
        return DaemonClaim(synchronised=False)
    age_s = now_s + said.correction_s - said.reference_time_s
    return DaemonClaim(
        synchronised=True,
        bound_s=said.bound_s,
        source=said.address or _reference_name(said.reference_id),
        stratum=said.stratum,
        age_s=age_s if 0 <= age_s < now_s else None,  # a clock that was stepped since tells no age
    )


def ask(address: tuple[str, int], timeout_s: float) -> Tracking | Unknown:
    """Return chronyd's reply, within *timeout_s*; raises ValueError for an *address* that isn't this host."""
    if not address[0].startswith("127."):
        raise ValueError("chronyd is asked on this host alone")
    deadline_s = time.monotonic() + timeout_s
    sequence = int.from_bytes(os.urandom(4), "big")
    failure = NOBODY
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect(address)
            asking.send(_request(sequence))
            for reply in _replies(asking, deadline_s):
                said = read_reply(reply, sequence)
                if said is not None:
                    return said
                failure = STRANGER
    except OSError:  # a refused port, a timeout, a host without loopback
        pass
    return failure


def read_reply(reply: bytes, sequence: int) -> Tracking | None:
    """Return what a packet says; None of one that isn't the reply to the request with that *sequence*."""
    if len(reply) != _REPLY_BYTES:
        return None
    fields = _REPLY_FORMAT.unpack(reply)
    version, kind, _, _, command, content, status, _, _, _, echoed = fields[:11]
    if (version, kind, command, content, status) != (_VERSION, _REPLY, _GET_TRACKING, _TRACKING, _SUCCESS):
        return None
    if echoed != sequence:
        return None
    reference_id, packed, family, _, stratum, leap, high, low, nanoseconds = fields[13:22]
    measures = [_number(bits) for bits in fields[22:]]
    said = Tracking(reference_id, _address(family, packed), stratum, leap, _time_s(high, low, nanoseconds), *measures)
    honest = said.root_delay_s >= 0 and said.root_dispersion_s >= 0 and leap <= _LEAP_UNSYNCHRONISED and stratum <= 16
    return said if honest else None


def _request(sequence: int) -> bytes:
    header = struct.pack("!BBBBHHIII", _VERSION, _REQUEST, 0, 0, _GET_TRACKING, 0, sequence, 0, 0)
    return header.ljust(_REPLY_BYTES, b"\0")


def _replies(asking: socket.socket, deadline_s: float) -> Iterator[bytes]:
    """Yield each packet that comes until the deadline; raises OSError where none can."""
    while (left_s := deadline_s - time.monotonic()) > 0:
        asking.settimeout(left_s)
        yield asking.recv(_REPLY_BYTES + 1)  # one more byte: what is longer is not the reply


def _number(bits: int) -> float:
    """Decode chronyd's own float: 7 bits of exponent, 25 of mantissa, both signed (candm.h, `Float`)."""
    exponent, mantissa = bits >> 25, bits & 0x1FFFFFF
    exponent -= 0x80 if exponent >= 0x40 else 0
    mantissa -= 0x2000000 if mantissa >= 0x1000000 else 0
    return mantissa * 2.0 ** (exponent - 25)


def _time_s(high: int, low: int, nanoseconds: int) -> float:
    upper = 0 if high == _SHORT_TIME else high
    return float(upper << 32 | low) + nanoseconds / 1e9


def _address(family: int, packed: bytes) -> str | None:
    if family == _IPV4:
        return socket.inet_ntop(socket.AF_INET, packed[:4])
    return socket.inet_ntop(socket.AF_INET6, packed) if family == _IPV6 else None


def _reference_name(reference_id: int) -> str:
    """Return the letters of a reference clock's ID (`PHC0`, `GPS`), else its digits."""
    letters = reference_id.to_bytes(4, "big").rstrip(b"\0")
    return foreign.text(letters.decode("ascii")) if letters.isalnum() and letters.isascii() else f"{reference_id:08X}"


# --- Whom they are set up to ask, by their own files; nothing is started ---

MAX_SERVERS = 16
"""More are never asked."""
MAX_LOOKS = 64
"""Files and folders looked at in all; a host has a dozen at most."""
MAX_NAME_LENGTH, MAX_LABEL_LENGTH = 253, 63
"""RFC 1035 §2.3.4."""
NTP_PORT = "123"

_NAMING = ("server", "pool", "peer")
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
_ADDRESS_CHARACTERS = frozenset("abcdef0123456789.:")
_THIS_HOST = ("localhost", "localhost4", "localhost6", "ip6-localhost", "ip6-loopback")
"""Names for loopback in the /etc/hosts of Debian and Red Hat."""
_SYSTEMD_FOLDERS = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")
"""The first that has a file of some name hides that name in the others (systemd.unit(5))."""


def read_configured(files: Files, running: Collection[str] = ()) -> tuple[ConfiguredServer, ...]:
    """Return the servers in the files of the daemons that are known to be *running*, by name; of all where none is."""
    found = _Found(files)
    # each knows one daemon's format as its manual states it, and no more of it than names servers
    readers = (_read_chrony, _read_timesyncd, _read_ntpd, _read_openntpd, _read_ntpd_rs)
    for name, read in zip(NAMES, readers, strict=True):
        if name in running or not running:
            read(found)
    return tuple(found.servers.values())


class _Found:
    """The servers found so far, and the files that were read for them."""

    def __init__(self, files: Files) -> None:
        self.servers: dict[str, ConfiguredServer] = {}
        self._files = files
        self._seen: set[str] = set()
        self._looks = 0

    def add(self, host: str, origin: str, port: str = NTP_PORT) -> None:
        """Keep a server, unless it is this host itself, no name at all, known already, or one too many."""
        if len(self.servers) < MAX_SERVERS and _could_be_a_server(host):
            shown = host if port == NTP_PORT else f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            self.servers.setdefault(
                shown.lower().removesuffix("."), ConfiguredServer(foreign.text(shown), foreign.text(origin))
            )

    def text(self, path: str) -> str:
        """Return a file's text, the first time that it is asked for: a file that includes itself is no loop."""
        if path in self._seen or not self._may_look(path):
            return ""
        self._seen.add(path)
        return self._files.read(path) or ""

    def lines(self, path: str, comment: str = "") -> Iterator[list[str]]:
        """Yield the words of each line that has some, up to the *comment* character."""
        for line in self.text(path).splitlines():
            if words := (line.partition(comment)[0] if comment else line).split():
                yield words

    def first(self, paths: Sequence[str]) -> str:
        """Return the first of the paths that is there, else the last."""
        return next((path for path in paths if self._files.there(path)), paths[-1])

    def in_folders(self, folders: Sequence[str], suffix: str) -> list[str]:
        """Return the files with that suffix in the order of their names; an earlier folder's hides a later one's."""
        paths: dict[str, str] = {}
        for folder in folders:
            for name in self._names(folder):
                if name.endswith(suffix):
                    paths.setdefault(name, f"{folder.rstrip('/')}/{name}")
        return [paths[name] for name in sorted(paths)]

    def matching(self, pattern: str) -> list[str]:
        """Return the files that a path with one `*` in its last part names; the path itself where it has none."""
        folder, _, last = pattern.rpartition("/")
        before, star, after = last.partition("*")
        if not star:
            return [pattern]
        return [f"{folder}/{n}" for n in self._names(folder) if n.startswith(before) and n.endswith(after)]

    def _names(self, folder: str) -> list[str]:
        return self._files.names(folder) if self._may_look(folder) else []

    def _may_look(self, path: str) -> bool:
        """Tell whether a path that stands in a file is one, and count the look."""
        self._looks += 1
        return self._looks <= MAX_LOOKS and path.startswith("/") and path.isascii() and path.isprintable()


def _read_chrony(found: _Found) -> None:
    """Read chrony.conf(5): Debian, Ubuntu and Alpine keep it in a folder of its own, the others don't."""
    _read_chrony_file(found, found.first(("/etc/chrony/chrony.conf", "/etc/chrony.conf")))


def _read_chrony_file(found: _Found, path: str) -> None:
    for word, *words in found.lines(path):
        directive = word.lower()
        if word[0] in "!;#%" or not words:
            continue
        if directive in _NAMING:
            found.add(words[0], path, _after("port", words))
        elif directive == "include":
            _read_each(found, found.matching(words[0]), _read_chrony_file)
        elif directive == "confdir":
            _read_each(found, found.in_folders(words, ".conf"), _read_chrony_file)
        elif directive == "sourcedir":
            _read_each(found, found.in_folders(words, ".sources"), _read_chrony_sources)


def _read_chrony_sources(found: _Found, path: str) -> None:
    for directive, *words in found.lines(path):
        if directive.lower() in _NAMING and words:
            found.add(words[0], path, _after("port", words))


def _read_timesyncd(found: _Found) -> None:
    """Read timesyncd.conf(5). The servers that were compiled in or came with a lease stand in no file of its own."""
    main = found.first([f"{folder}/timesyncd.conf" for folder in _SYSTEMD_FOLDERS])
    dropped_in = found.in_folders([f"{folder}/timesyncd.conf.d" for folder in _SYSTEMD_FOLDERS], ".conf")
    named: dict[str, list[tuple[str, str]]] = {"NTP": [], "FallbackNTP": []}
    for path in (main, *dropped_in):
        for key, value in (setting for table in _tables(found.text(path), "[Time]") for setting in table):
            if key in named:
                named[key] = [*named[key], *((host, path) for host in value.split())] if value else []
    for host, path in named["NTP"] or named["FallbackNTP"]:
        found.add(host, path)


def _read_ntpd(found: _Found) -> None:
    """Read ntp.conf(5) of ntpsec and of the classic ntpd; Debian's starts from a copy made of a DHCP lease."""
    _read_ntp_file(found, found.first(("/run/ntpsec/ntp.conf.dhcp", "/etc/ntpsec/ntp.conf", "/etc/ntp.conf")))
    _read_each(found, found.in_folders(("/etc/ntpsec/ntp.d", "/etc/ntp.d"), ".conf"), _read_ntp_file)


def _read_ntp_file(found: _Found, path: str) -> None:
    for directive, *words in found.lines(path, "#"):
        arguments = [word for word in words if word not in ("-4", "-6")]
        if directive.lower() in _NAMING and arguments:
            found.add(_host_and_port(arguments[0])[0], path)  # the port is that of the key exchange (NTS)
        elif directive.lower() == "includefile" and words:
            included = words[0].strip("\"'")
            _read_each(found, [included, *found.in_folders([included], ".conf")], _read_ntp_file)


def _read_openntpd(found: _Found) -> None:
    """Read OpenNTPD's ntpd.conf(5). Its constraints are web servers, not time servers."""
    path = found.first(("/etc/openntpd/ntpd.conf", "/etc/ntpd.conf"))
    for directive, *words in found.lines(path, "#"):
        if directive in ("server", "servers") and words:
            found.add(words[0].strip('"'), path)


def _read_ntpd_rs(found: _Found) -> None:
    """Read ntpd-rs's ntp.toml(5): the tables `[[source]]`. Python has no reader of TOML before 3.11."""
    path = "/etc/ntpd-rs/ntp.toml"
    for table in _tables(found.text(path), "[[source]]"):
        source = dict(table)
        mode, address = (_string(source.get(key, "")) for key in ("mode", "address"))
        host, port = _host_and_port(address)
        if mode in ("server", "pool"):
            found.add(host, path, port)
        elif mode == "nts":
            found.add(host, path)  # the port is that of the key exchange


def _read_each(found: _Found, paths: Sequence[str], read: Callable[[_Found, str], None]) -> None:
    for path in paths:
        read(found, path)


def _tables(text: str, header: str) -> list[list[tuple[str, str]]]:
    """Return the `key = value` lines of each section with that header; a backslash at a line's end goes on."""
    tables: list[list[tuple[str, str]]] = []
    inside = False
    for line in map(str.strip, text.replace("\\\n", " ").splitlines()):
        if line.startswith("["):
            inside = line.partition("#")[0].replace(" ", "") == header
            tables += [[]] if inside else []
        elif inside and line[:1] not in ("#", ";", ""):
            key, _, value = line.partition("=")
            tables[-1].append((key.strip(), value.strip()))
    return tables


def _string(value: str) -> str:
    """Return what stands between the first pair of quotes; empty where there is none."""
    return value[1:].partition(value[0])[0] if value[:1] in ("'", '"') and value else ""


def _after(option: str, words: Sequence[str]) -> str:
    """Return the word after an *option*, if it can be a port; else the usual port."""
    lowered = [word.lower() for word in words[1:]]
    following = lowered[lowered.index(option) + 1 :] if option in lowered else []
    return following[0] if following and _is_port(following[0]) else NTP_PORT


def _host_and_port(text: str) -> tuple[str, str]:
    """Split `HOST`, `HOST:PORT`, `[v6]`, `[v6]:PORT` or a bare IPv6 address."""
    if text.startswith("["):
        host, _, rest = text[1:].partition("]")
        port = rest.removeprefix(":")
    else:
        host, _, port = text.partition(":") if text.count(":") == 1 else (text, "", "")
    return host, port if _is_port(port) else NTP_PORT


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535


def _could_be_a_server(host: str) -> bool:
    """Tell whether *host* is a name or an address, and not one of this host itself or of a reference clock."""
    name = host.lower().removesuffix(".")
    labels = name.split(".")
    if ":" in name:
        return _is_foreign_ipv6(name)
    if not name or len(name) > MAX_NAME_LENGTH or not _HOST_CHARACTERS.issuperset(name) or name.startswith("-"):
        return False
    if not all(0 < len(label) <= MAX_LABEL_LENGTH for label in labels):
        return False
    return not (labels[0] in _THIS_HOST or labels[-1] == "localhost") and _is_foreign_ipv4(name)


def _is_foreign_ipv4(name: str) -> bool:
    """Tell whether *name* is no IPv4 address in any spelling (`127.1`), or not one of loopback or of nobody."""
    try:
        return socket.inet_aton(name)[0] not in (0, 127)
    except OSError:
        return True


def _is_foreign_ipv6(name: str) -> bool:
    address, _, scope = name.partition("%")
    if not _ADDRESS_CHARACTERS.issuperset(address) or not _HOST_CHARACTERS.issuperset(scope):
        return False
    try:
        packed = socket.inet_pton(socket.AF_INET6, address)
    except OSError:
        return False
    if packed[:12] in (b"\0" * 10 + b"\xff\xff", b"\0" * 12):  # an IPv4 address, or ::1 and ::
        return packed[12] not in (0, 127)
    return True
