#!/usr/bin/env python3
"""Makes TLS connections to 127.0.0.1 for some seconds, each with one small request, and prints totals as wrk's script does.

A connection is a handshake, a request with "Connection: close", its answer, and an orderly end on both sides. In a full
handshake the client offers no session; in a resumed one, the session of its connection before. Whether a handshake was
what it should have been is checked on every connection.
"""

import argparse
import json
import socket
import ssl
import threading
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n"


class Client(threading.Thread):
    """Makes one connection after the other until the deadline."""

    def __init__(self, port, deadline, resume):
        super().__init__()
        self.port, self.deadline, self.resume = port, deadline, resume
        self.context = ssl.create_default_context()
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE  # costs the client alone, and would cost the same for all
        self.context.set_alpn_protocols(["http/1.1"])
        self.session = None
        self.seconds, self.bytes, self.errors = [], 0, {"connect": 0, "read": 0, "status": 0, "session": 0}

    def run(self):
        if self.resume:
            self.connect(self.keep)
        while time.monotonic() < self.deadline:
            started = time.monotonic()
            if self.connect(self.check):
                self.seconds.append(time.monotonic() - started)

    def connect(self, look):
        try:
            plain = socket.create_connection(("127.0.0.1", self.port), timeout=10)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            secured = self.context.wrap_socket(plain, server_hostname="localhost", session=self.session)
        except OSError:
            self.errors["connect"] += 1
            return False
        with secured:
            return self.exchange(secured) and look(secured)

    def exchange(self, secured):
        answer = b""
        try:
            secured.sendall(REQUEST)
            while part := secured.recv(4096):
                answer += part
        except OSError:
            self.errors["read"] += 1
            return False
        self.bytes += len(answer)
        if not answer.startswith(b"HTTP/1.1 200 "):
            self.errors["status"] += 1
            return False
        return True

    def check(self, secured):
        if secured.session_reused != self.resume:
            self.errors["session"] += 1
            return False
        return self.keep(secured)

    def keep(self, secured):
        # Tickets come behind the handshake: with the answer they have been read.
        if self.resume:
            self.session = secured.session
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--connections", type=int, default=8, help="clients at the same time (default: %(default)s)")
    parser.add_argument("--resume", action="store_true", help="resumed handshakes instead of full ones")
    arguments = parser.parse_args()
    started = time.monotonic()
    clients = [
        Client(arguments.port, started + arguments.seconds, arguments.resume) for _ in range(arguments.connections)
    ]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    times = sorted(seconds for client in clients for seconds in client.seconds) or [0.0]
    totals = {
        "requests": sum(len(client.seconds) for client in clients),
        "seconds": time.monotonic() - started,
        "bytes": sum(client.bytes for client in clients),
        "p50_ms": 1e3 * times[len(times) // 2],
        "p99_ms": 1e3 * times[len(times) * 99 // 100],
        "errors": {kind: sum(client.errors[kind] for client in clients) for kind in clients[0].errors},
    }
    print(json.dumps(totals))


if __name__ == "__main__":
    main()
