"""What a balancer is to do, and how that is written for each of them."""

from dataclasses import dataclass
from pathlib import Path

from harness.balancers import lines, nginx_user, open_files, render

TEMPLATES = Path(__file__).parent.parent / "templates"


@dataclass(frozen=True)
class Wanted:
    """A configuration in terms that all balancers have.

    Requests go to the pool web; WebSockets and downloads to streams, which no change is about. servers are (address, weight).
    """

    port: int
    admin: int
    web: tuple
    streams: tuple  # addresses
    downloads: str = "streams"  # the pool of downloads
    head_seconds: int = 10  # a client's time for a request head
    connections: int = 5000  # the most of the listener
    second: int | None = None  # the port of a second listener
    routes: tuple = ()  # path prefixes of further routes, to the pool spare
    spare: tuple = ()  # addresses of a pool that gets no requests; without any there is none
    many: tuple = ()  # further pools, each a tuple of addresses, that get no requests
    reuse_port: bool = False
    # Seconds for which tunnels and, where that is the same, requests may go on in a process that stops.
    stopping: int = 600


def write_weir(wanted, directory):
    check = "health: { path: /health, every: 1s, timeout: 1s, rise: 2, fall: 2 }"
    listener = [
        *(["reuse-port: on"] if wanted.reuse_port else []),
        f"timeouts: {{ request-head: {wanted.head_seconds}s }}",
        f"limits: {{ connections: {wanted.connections} }}",
    ]
    pools = []
    if wanted.spare:
        pools += ["spare:", f"  servers: [{_quoted(wanted.spare)}]"]
    for number, addresses in enumerate(wanted.many):
        # That many checks would be all that the machine does; what is measured is the change.
        pools += [f"many-{number}:", "  health: off", f"  servers: [{_quoted(addresses)}]"]
    routes = [f'- {{ match: {{ path: "{path}*" }}, pool: spare }}' for path in wanted.routes]
    routes += [f'- {{ match: {{ path: "/many-{i}/*" }}, pool: many-{i} }}' for i in range(len(wanted.many))]
    return render(
        TEMPLATES / "weir.yaml",
        directory / "weir.yaml",
        dir=directory,
        port=wanted.port,
        admin=wanted.admin,
        downloads=wanted.downloads,
        tunnels=f"{wanted.stopping}s",
        listener=lines(4, listener),
        listeners=f'  - bind: "127.0.0.1:{wanted.second}"' if wanted.second else "",
        routes=lines(2, routes),
        checks=lines(4, [check, "slow-start: 0s", "retry: { attempts: 2, budget: 20% }"]),
        web=lines(6, (f'- {{ address: "{address}", weight: {weight} }}' for address, weight in wanted.web)),
        streams=lines(6, (f'- "{address}"' for address in wanted.streams)),
        pools=lines(2, pools),
    )


def write_nginx(wanted, directory):
    pools = []
    if wanted.spare:
        pools += ["upstream spare {", *(f"    server {address};" for address in wanted.spare), "}"]
    for number, addresses in enumerate(wanted.many):
        pools += [f"upstream many-{number} {{", *(f"    server {address};" for address in addresses), "}"]
    routes = [f"location {path} {{ proxy_pass http://spare; }}" for path in wanted.routes]
    routes += [f"location /many-{i}/ {{ proxy_pass http://many-{i}; }}" for i in range(len(wanted.many))]
    second = f"server {{ listen 127.0.0.1:{wanted.second} reuseport; location / {{ proxy_pass http://web; }} }}"
    return render(
        TEMPLATES / "nginx.conf",
        directory / "nginx.conf",
        dir=directory,
        user=nginx_user(),
        files=open_files(),
        port=wanted.port,
        hard_stop=f"worker_shutdown_timeout {wanted.stopping}s;",
        # It has no limit of connections; the time for a head stands for that.
        listener=lines(8, [f"client_header_timeout {wanted.head_seconds}s;"]),
        listeners=lines(4, [second] if wanted.second else []),
        routes=lines(8, routes),
        web=lines(8, (f"server {address} weight={weight};" for address, weight in wanted.web)),
        streams=lines(8, (f"server {address};" for address in wanted.streams)),
        pools=lines(4, pools),
    )


def write_haproxy(wanted, directory):
    pools = []
    if wanted.spare:
        pools += ["backend spare", *(f"    server {address} {address} check" for address in wanted.spare)]
    for number, addresses in enumerate(wanted.many):
        pools += [f"backend many-{number}", *(f"    server {address} {address} no-check" for address in addresses)]
    routes = [f"use_backend spare if {{ path_beg {path} }}" for path in wanted.routes]
    routes += [f"use_backend many-{i} if {{ path_beg /many-{i}/ }}" for i in range(len(wanted.many))]
    second = ["frontend second", f"    bind 127.0.0.1:{wanted.second}", "    default_backend web"]
    return render(
        TEMPLATES / "haproxy.cfg",
        directory / "haproxy.cfg",
        dir=directory,
        port=wanted.port,
        hard_stop=f"    hard-stop-after {wanted.stopping}s",
        connections=wanted.connections,
        listeners=lines(0, second if wanted.second else []),
        routes=lines(4, routes),
        web=lines(4, (f"server {address} {address} check weight {weight}" for address, weight in wanted.web)),
        streams=lines(4, (f"server {address} {address} check" for address in wanted.streams)),
        pools=lines(0, pools),
    )


def _quoted(addresses):
    return ", ".join(f'"{address}"' for address in addresses)
