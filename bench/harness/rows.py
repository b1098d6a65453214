"""The rows of the benchmark: what each one runs, and the target that Weir has in it."""

from dataclasses import dataclass

from .balancers import Setup
from .load import Load

KIB16, MIB = 16 << 10, 1 << 20
BROWSER_HEADERS = (  # with Host, which wrk adds, twelve
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Cache-Control: max-age=0",
    "Cookie: session=6f1c2a9be4d04f0b; theme=dark; consent=all; _ga=GA1.1.1184930391.1718620112",
    "Referer: https://www.example.com/articles/2024/06/17/a-page-of-middling-length.html",
    "Sec-Fetch-Dest: document",
    "Sec-Fetch-Mode: navigate",
    "Sec-Fetch-Site: same-origin",
    "Upgrade-Insecure-Requests: 1",
)
TEN_BY_TEN = Load(connections=10, streams=10)
TLS = Setup(tls=True)
TLS_H2 = Setup(tls=True, h2_out=True)


@dataclass(frozen=True)
class CpuRow:
    """CPU per request on one core; with mebibytes, per MiB of body instead."""

    name: str
    title: str
    target: float
    load: Load = Load()
    setup: Setup = Setup()
    mebibytes: int = 0
    own_reference: Setup | None = None  # compare Weir with itself set up so, instead of with the others
    against: tuple = ("nginx", "haproxy")

    @property
    def unit(self):
        return "MiB" if self.mebibytes else "connect" if self.load.handshakes else "request"


@dataclass(frozen=True)
class RateRow:
    """Requests a second when balancer, servers and clients share both cores; Weir against nginx."""

    name: str
    title: str
    target: float
    load: Load = Load()
    setup: Setup = Setup(loops=2)
    rounds_factor: int = 3


@dataclass(frozen=True)
class IdleRow:
    """Memory and CPU that idle client connections cost."""

    name: str
    title: str
    connections: int = 8000
    target_kib: float = 6.0
    target_cpu: float = 0.01  # seconds of CPU a second
    idle_seconds: int = 5


@dataclass(frozen=True)
class StartRow:
    """From nothing to full speed."""

    name: str
    title: str
    starts: int = 10
    target_seconds: float = 0.5
    target_share: float = 0.5  # of the steady rate, over the first seconds
    first_seconds: int = 3
    target_mib: float = 128.0


ROWS = (
    CpuRow("small", "answers of 117 bytes, 64 connections", 0.85),
    CpuRow(
        "headers",
        "12 headers of a browser in, 10 headers of a server out",
        0.90,
        Load(path="/headers", headers=BROWSER_HEADERS),
    ),
    CpuRow("small-2000", "small over 2,000 connections", 0.90, Load(connections=2000)),
    CpuRow("log", "small, and a line for each request in the access log", 0.90, setup=Setup(access_log=True)),
    CpuRow("body-16k-down", "answers of 16 KiB", 0.92, Load("/16k"), Setup(body_bytes=KIB16)),
    CpuRow("body-16k-up", "requests with 16 KiB", 0.95, Load("/upload", upload_bytes=KIB16), Setup(body_bytes=KIB16)),
    CpuRow(
        "body-1m-down",
        "answers of 1 MiB, 16 connections",
        1.00,
        Load("/1m", 16),
        Setup(body_bytes=MIB),
        mebibytes=1,
    ),
    CpuRow(
        "body-1m-up",
        "requests with 1 MiB, 16 connections",
        1.00,
        Load("/upload", 16, upload_bytes=MIB),
        Setup(body_bytes=MIB),
        mebibytes=1,
    ),
    CpuRow("connect", "a new client connection for each request", 1.05, Load(headers=("Connection: close",))),
    RateRow("two-loops", "two loops on two cores, which clients and servers share", 1.00),
    CpuRow(
        "routes-200",
        "200 routes of which the last matches, against Weir with none",
        1.05,
        Load(path="/r199/"),
        Setup(routes=200),
        own_reference=Setup(),
    ),
    CpuRow(
        "servers-1000",
        "1,000 servers by fewest requests, against Weir with 4",
        1.20,
        setup=Setup(servers=1000, least_requests=True),
        own_reference=Setup(least_requests=True),
    ),
    CpuRow("tls-small", "small over TLS, 64 kept-alive connections", 0.85, setup=TLS),
    CpuRow("tls-full", "full handshakes, one request each", 0.85, Load(connections=8, handshakes="full"), TLS),
    CpuRow("tls-resumed", "resumed handshakes, one request each", 1.00, Load(connections=8, handshakes="resumed"), TLS),
    CpuRow("h2-small", "HTTP/2 in, HTTP/1.1 out, 10 connections with 10 streams", 0.95, TEN_BY_TEN, TLS),
    CpuRow("h2-h2-small", "HTTP/2 on both sides", 1.00, TEN_BY_TEN, TLS_H2, against=("haproxy",)),
    CpuRow(
        "h2-h2-16k",
        "HTTP/2 on both sides, answers of 16 KiB",
        1.00,
        Load("/16k", connections=10, streams=10),
        Setup(tls=True, h2_out=True, body_bytes=KIB16),
        against=("haproxy",),
    ),
    CpuRow(
        "grpc",
        "unary gRPC calls, 100 streams on one connection",
        1.00,
        Load("/call", connections=1, streams=100, calls=True),
        TLS_H2,
        against=("haproxy",),
    ),
    IdleRow("idle-8000", "8,000 idle client connections"),
    StartRow("start", "from exec to the first answer, the first seconds, memory"),
)
