"""Clients that do what clients should not: they send a head byte by byte, or never read an answer."""

import selectors
import socket
import threading
import time

HEAD = b"GET /bytes/10 HTTP/1.1\r\nHost: localhost\r\nX-Slow: "


class SlowClients:
    """Connections that send a first piece of a head at once and then a byte every few seconds, on a thread of its own."""

    def __init__(self, port, count, every_seconds):
        self._port, self._every = port, every_seconds
        self._count = count
        self._answers = []  # of each connection that was closed: all it was sent
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def finish(self):
        """Ends what is still open; returns what each connection that the balancer closed had been sent."""
        self._stop.set()
        self._thread.join()
        return self._answers

    def _run(self):
        with selectors.DefaultSelector() as selector:
            for _ in range(self._count):
                client = socket.create_connection(("127.0.0.1", self._port))
                client.setblocking(False)
                selector.register(client, selectors.EVENT_READ, bytearray())
                self._send(client, HEAD)
                self._read(selector, 0.001)
            send_at = time.monotonic() + self._every
            while not self._stop.is_set() and selector.get_map():
                self._read(selector, 0.02)
                if time.monotonic() >= send_at:
                    send_at += self._every
                    for key in list(selector.get_map().values()):
                        self._send(key.fileobj, b"x")
            for key in list(selector.get_map().values()):
                key.fileobj.close()

    def _read(self, selector, timeout):
        for key, _ in selector.select(timeout):
            try:
                received = key.fileobj.recv(4096)
            except OSError:
                received = b""
            if received:
                key.data.extend(received)
            else:
                self._answers.append(bytes(key.data))
                selector.unregister(key.fileobj)
                key.fileobj.close()

    @staticmethod
    def _send(client, data):
        try:
            client.send(data)
        except OSError:
            pass  # it was closed, which reading tells


def ask(port, path, receive_bytes=None):
    """Opens a connection and sends a request; the answer is left unread. receive_bytes bounds the kernel's buffer."""
    client = socket.socket()
    if receive_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.connect(("127.0.0.1", port))
    client.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    return client


def read_answer(client, length):
    """Reads a head and so many bytes after it."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(client)
    left = length - len(received.partition(b"\r\n\r\n")[2])
    while left > 0:
        left -= len(_some(client))


def _some(client):
    received = client.recv(1 << 18)
    if not received:
        raise ConnectionError("the answer ended too early")
    return received
