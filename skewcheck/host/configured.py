"""The time servers that this host is set up to ask, from the files of its time daemons; nothing is started.

Each reader knows one daemon's format as its manual states it, and no more of it than names servers. A file that is
missing, unreadable or strange names none.
"""

import socket
from collections.abc import Callable, Collection, Iterator, Sequence

from skewcheck import foreign
from skewcheck.host.files import Files
from skewcheck.model import ConfiguredServer

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
    for name, read in _readers().items():
        if name in running or not running:
            read(found)
    return tuple(found.servers.values())


def _readers() -> dict[str, Callable[["_Found"], None]]:
    return {
        "chronyd": _read_chrony,
        "systemd-timesyncd": _read_timesyncd,
        "ntpd": _read_ntpd,
        "openntpd": _read_openntpd,
        "ntpd-rs": _read_ntpd_rs,
    }


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
