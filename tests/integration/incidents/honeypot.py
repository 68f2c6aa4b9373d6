"""A loopback listener that nobody should ever talk to; it writes down who does, and what they ask."""

import socket
import threading
from types import TracebackType


class Honeypot:
    """Accepts connections, notes the first line of each, answers 404. Use as a context manager."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, name="honeypot")

    @property
    def url(self) -> str:
        """Return where it listens."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> "Honeypot":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(2.0)
                try:
                    self.asked.append(connection.recv(4096).decode("latin-1").partition("\r\n")[0])
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
                except OSError:
                    self.asked.append("(a connection that said nothing)")
