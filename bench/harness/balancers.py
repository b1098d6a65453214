"""The answering servers and the balancers under test: their configurations from templates, and their start."""

import http.client
import os
import resource
import shutil
import socket
import ssl
import string
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from .processes import BenchError, Process

TEMPLATES = Path(__file__).parent.parent / "templates"
SMALL_ANSWER = ("Weir benchmark: one small answer. " * 4)[:117]
ORDER = ("weir", "nginx", "haproxy")
LARGEST_SERVER_COUNT = 1000
H2_SERVER_COUNT = 4
START_SECONDS = 20
_PACKAGES = {"nginx": "nginx-light", "h2load": "nghttp2-client", "taskset": "util-linux", "setpriv": "util-linux"}


@dataclass(frozen=True)
class Setup:
    """What a balancer is configured to do; each field has the same meaning for all of them."""

    servers: int = 4
    routes: int = 0
    loops: int = 1
    access_log: bool = False
    body_bytes: int = 0  # of the large bodies that pass, if any do
    least_requests: bool = False
    tls: bool = False  # to the clients, which may then speak HTTP/2 too
    h2_out: bool = False  # HTTP/2 to the servers, without TLS

    @property
    def prefix(self):
        """The path prefix that the last route, and no other, matches."""
        return f"/r{self.routes - 1}/" if self.routes else "/"


@dataclass(frozen=True)
class Place:
    """Where one balancer runs: its folder, its port, its cores, and the port of the answering servers.

    The servers speak HTTP/2 on the port above that one.
    """

    directory: Path
    port: int
    cores: str
    server_port: int


@dataclass(frozen=True)
class Balancer:
    """A started balancer. log is the access log, if one is written; tls is whether clients speak TLS to it."""

    name: str
    process: Process
    port: int
    log: Path | None
    tls: bool


def start_servers(processes, directory, port, cores):
    """Starts the answering servers and waits until they answer."""
    www = directory / "www"
    www.mkdir()
    (www / "upload").touch()
    (www / "call").touch()
    (www / "16k").write_bytes(b"x" * (16 << 10))
    (www / "1m").write_bytes(b"x" * (1 << 20))
    config = render(
        "servers.conf",
        directory / "servers.conf",
        user=nginx_user(),
        files=open_files(),
        dir=directory,
        small=SMALL_ANSWER,
        last_route=Setup(routes=200).prefix,
        listens=lines(8, (f"listen {host}:{port} backlog=4096;" for host in _server_hosts(LARGEST_SERVER_COUNT))),
        h2_listens=lines(8, (f"listen {host}:{port + 1} backlog=4096 http2;" for host in _server_hosts(H2_SERVER_COUNT))),
    )
    command = ["nginx", "-p", directory, "-c", config]
    process = processes.start("servers", command, cores, directory / "servers.log")
    wait_for_answer(process, _server_hosts(1)[0], port)
    return process


def start_balancer(processes, kind, setup, place, weir, environment=None):
    """Starts a balancer and waits for its first right answer. weir is the checkout that has bin/weir."""
    balancer = spawn_balancer(processes, kind, setup, place, weir, environment)
    _check_forwarding(balancer, setup)
    return balancer


def spawn_balancer(processes, kind, setup, place, weir, environment=None):
    """Starts a balancer without waiting for it."""
    log = place.directory / "access.log"
    command = _COMMANDS[kind](setup, place, log, weir)
    # HAProxy writes no files: its log is its standard output, which is therefore the log file.
    output = log if kind == "haproxy" and setup.access_log else place.directory / "output.log"
    process = processes.start(kind, command, place.cores, output, environment)
    return Balancer(kind, process, place.port, log if setup.access_log else None, setup.tls)


def wait_for_answer(process, host, port, path="/", tls=False):
    """Asks again and again, a millisecond apart, until the answer is 200; returns its body."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.is_running():
        body = _ask(host, port, path, tls)
        if body is not None:
            return body
        time.sleep(0.001)
    state = "gives no right answer" if process.is_running() else f"ended with status {process.popen.returncode}"
    raise BenchError(f"{process.name} {state}; the end of its output:\n{process.tail()}")


def open_files():
    """How many files each process may open: raised by raise_open_files()."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_open_files(wanted=65536):
    """Raises the limit of open files for this process and its children as far as is allowed."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, hard), max(wanted, hard)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def free_ports(count, first=18400, last=30000):
    """The first block of ports below the ephemeral ones that nobody listens on, for 127.0.0.1 and the servers."""
    for base in range(first, last, count):
        if all(_is_free(host, port) for port in range(base, base + count) for host in ("127.0.0.1", *_server_hosts(1))):
            return range(base, base + count)
    raise BenchError(f"no {count} free ports in a row between {first} and {last}")


def missing_programs(names):
    """Debian's packages of those of the programs that are not installed."""
    # Daemons live in folders that an ordinary user's PATH leaves out.
    os.environ["PATH"] += ":/usr/local/sbin:/usr/sbin:/sbin"
    return [_PACKAGES.get(name, name) for name in names if shutil.which(name) is None]


def _weir(setup, place, log, weir):
    config = render(
        "weir.yaml",
        place.directory / "weir.yaml",
        port=place.port,
        loops=setup.loops,
        idle=_idle_connections(setup),
        tls=lines(4, _weir_tls(place)) if setup.tls else "",
        balance="    balance: least-requests" if setup.least_requests else "",
        protocol="    http: [h2]" if setup.h2_out else "",
        servers=lines(6, (f'- "{server}"' for server in _server_addresses(setup, place))),
        routes=_weir_routes(setup),
        log=f'access-log: {{ path: "{log}", format: combined }}' if setup.access_log else "",
    )
    return [weir / "bin/weir", "run", config]


def _weir_tls(place):
    certificate, key = _certificate(place)
    return [f'tls: {{ certificates: [{{ cert: "{certificate}", key: "{key}" }}] }}', "http: [h2, http/1.1]"]


def _weir_routes(setup):
    routes = [f'- {{ match: {{ path: "/r{i}/*" }}, pool: web }}' for i in range(setup.routes)]
    return "routes:\n" + lines(2, routes) if routes else ""


def _nginx(setup, place, log, _weir_checkout):
    locations = [f"/r{i}/" for i in range(setup.routes)] or ["/"]
    config = render(
        "nginx.conf",
        place.directory / "nginx.conf",
        user=nginx_user(),
        files=open_files(),
        dir=place.directory,
        port=place.port,
        loops=setup.loops,
        # Workers that share one socket get uneven shares of a burst of connections.
        listen_options=(" reuseport" if setup.loops > 1 else "") + (" ssl http2" if setup.tls else ""),
        tls=lines(8, _nginx_tls(place)) if setup.tls else "",
        idle=_idle_connections(setup),
        balance="        least_conn;" if setup.least_requests else "",
        servers=lines(8, (f"server {server} max_fails=0;" for server in _server_addresses(setup, place))),
        routes=lines(8, (f"location {path} {{ proxy_pass http://servers; }}" for path in locations)),
        access_log=f"{log} combined buffer=64k flush=1s" if setup.access_log else "off",
        bodies=lines(8, _nginx_bodies(setup)),
    )
    return ["nginx", "-p", place.directory, "-c", config]


def _nginx_tls(place):
    certificate, key = _certificate(place)
    return [f"ssl_certificate {certificate};", f"ssl_certificate_key {key};", "ssl_protocols TLSv1.3;"]


def _nginx_bodies(setup):
    """What cost nginx least with such bodies, of what was tried: see README.md."""
    if not setup.body_bytes:
        return []
    buffer = "64k" if setup.body_bytes <= 64 << 10 else "256k"
    return [
        "proxy_buffering off;",
        f"proxy_buffer_size {buffer};",
        f"proxy_buffers 8 {buffer};",  # unused, but nginx wants busy_buffers_size to be less than these
        f"proxy_busy_buffers_size {buffer};",
        "proxy_request_buffering off;",
        f"client_body_buffer_size {buffer};",
    ]


def _haproxy(setup, place, _log, _weir_checkout):
    routes = [f"use_backend servers if {{ path_beg /r{i}/ }}" for i in range(setup.routes)]
    protocol = " proto h2" if setup.h2_out else ""
    servers = (f"server s{i} {server}{protocol}" for i, server in enumerate(_server_addresses(setup, place)))
    config = render(
        "haproxy.cfg",
        place.directory / "haproxy.cfg",
        port=place.port,
        loops=setup.loops,
        connections=min(20000, open_files() // 2 - 1500),
        balance="leastconn" if setup.least_requests else "roundrobin",
        tls=f" ssl crt {_certificate(place)[0]} ssl-min-ver TLSv1.3 alpn h2,http/1.1" if setup.tls else "",
        servers=lines(4, servers),
        routes=lines(4, routes or ["default_backend servers"]),
        log="    log stdout format raw local0" if setup.access_log else "",
        log_option="    log global\n    option httplog" if setup.access_log else "",
        bodies="    tune.bufsize 65536" if setup.body_bytes else "",
    )
    return ["haproxy", "-db", "-f", config]


def _certificate(place):
    """An ECDSA certificate (P-256) and its key: the same for all of a run, named as HAProxy looks for the key."""
    certificate = place.directory.parent / "site.crt"
    key = certificate.with_suffix(".crt.key")
    if not certificate.exists():
        command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost"
        files = ["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate]
        subprocess.run([*command.split(), *files], check=True, capture_output=True)
    return certificate, key


_COMMANDS = {"weir": _weir, "nginx": _nginx, "haproxy": _haproxy}


class _Template(string.Template):
    # Only @{name}: nginx has its own meaning for a bare @name.
    pattern = r"@(?:\{(?P<braced>[a-z0-9_]+)\}|(?P<named>(?!))|(?P<escaped>(?!))|(?P<invalid>(?!)))"


def render(template, target, **values):
    target.write_text(_Template((TEMPLATES / template).read_text()).substitute(values))
    return target


def lines(indent, lines):
    return "\n".join(" " * indent + line for line in lines)


def _server_hosts(count):
    return [f"127.1.{i // 250}.{i % 250 + 1}" for i in range(count)]


def _server_addresses(setup, place):
    port = place.server_port + 1 if setup.h2_out else place.server_port
    return [f"{host}:{port}" for host in _server_hosts(setup.servers)]


def _idle_connections(setup):
    """Idle server connections to keep: enough that no balancer ever closes one for want of room."""
    return 4096 if setup.servers <= 4 else 4 * setup.servers


def nginx_user():
    # As root, nginx's workers would otherwise be a user who cannot enter the run's folder.
    return "user root;" if os.geteuid() == 0 else ""


def _check_forwarding(balancer, setup):
    told = wait_for_answer(balancer.process, "127.0.0.1", balancer.port, setup.prefix + "forwarded", setup.tls)
    if told != b"127.0.0.1":
        raise BenchError(f"{balancer.name} sent X-Forwarded-For {told!r}, not the client's address")


def _ask(host, port, path, tls):
    if tls:
        # The certificate is nobody's but this run's.
        context = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection(host, port, timeout=2, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read()
        return body if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _is_free(host, port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
