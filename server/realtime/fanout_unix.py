"""News between the processes of one machine, through datagrams in a folder. [MN]

Every process binds a socket of its own there, so nothing runs besides them that could die. A
process that is gone is noticed by whoever speaks to it next.
"""

import asyncio
import errno
import socket
from collections import deque
from contextlib import suppress
from pathlib import Path

from protocols.vocabulary import TenantId
from server.application.ports import Ids, News
from server.realtime.ears import Ears
from server.realtime.news import SENDER_BYTES, pack, unpack

MOST_WAITING = 1_024
"""News kept for a process that does not listen just now; the oldest go first."""

BUFFER_BYTES = 1 << 20
"""What the kernel keeps of unread datagrams: the busiest second of a large tenant."""

_DATAGRAM_BYTES = 256 * 1024
_AT_ONCE = 64

_GONE = (ConnectionError, FileNotFoundError)


class UnixFanout(Ears):
    """One process's end of the bus in a folder. See `ports.Fanout` for the guarantees."""

    def __init__(self, folder: Path, ids: Ids) -> None:
        """Meet the others in this folder once started."""
        super().__init__(whole=True)
        self._folder = folder
        self._sender = ids.nonce().to_bytes(SENDER_BYTES, "big")
        self._path = folder / f"{self._sender.hex()}.sock"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._peers: dict[Path, _Peer] = {}
        self._known: dict[bytes, None] = {}
        self.dropped = 0

    def start(self) -> None:
        """Be there, and say so; raises `OSError` when the folder cannot be used."""
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        self._socket.bind(str(self._path))
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)
        self._look()
        self._say(self._sender)

    def close(self) -> None:
        """Be gone."""
        asyncio.get_running_loop().remove_reader(self._socket.fileno())
        self._socket.close()
        self._path.unlink(missing_ok=True)
        for peer in self._peers.values():
            peer.close()
        self._peers.clear()

    def publish(self, news: News) -> None:
        """See `Fanout`."""
        if self._peers:
            self._say(pack(self._sender, news))

    def follow(self, tenant_id: TenantId) -> None:
        """See `Fanout`. The others are few: they tell all, and we drop what we do not follow."""
        self.followed[tenant_id] = None

    def unfollow(self, tenant_id: TenantId) -> None:
        """See `Fanout`."""
        self.followed.pop(tenant_id, None)

    def _look(self) -> None:
        """Meet who is new in the folder."""
        for path in self._folder.glob("*.sock"):
            if path != self._path and path not in self._peers:
                with suppress(*_GONE):
                    self._peers[path] = _Peer(path)

    def _say(self, payload: bytes) -> None:
        for path, peer in tuple(self._peers.items()):
            try:
                self.dropped += peer.say(payload)
            except _GONE:
                peer.close()
                del self._peers[path]
                # Nobody is bound there any more: it died without a word.
                path.unlink(missing_ok=True)

    def _readable(self) -> None:
        # Not for ever: others wait for the loop too.
        for _ in range(_AT_ONCE):
            try:
                payload = self._socket.recv(_DATAGRAM_BYTES)
            except OSError:
                return
            self._take(payload)

    def _take(self, payload: bytes) -> None:
        sender = payload[:SENDER_BYTES]
        if sender not in self._known:
            self._known[sender] = None
            self._look()
        news = unpack(self._sender, payload) if len(payload) > SENDER_BYTES else None
        if news is not None:
            self.hear(news)


class _Peer:
    """Another process. What it cannot take at once waits, and goes out when it reads."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        self._waiting: deque[bytes] = deque()
        try:
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise

    def say(self, payload: bytes) -> int:
        """Send it, now or later; answers how many were dropped. Raises when nobody is there."""
        if not self._waiting and self._sent(payload):
            return 0
        if not self._waiting:
            asyncio.get_running_loop().add_writer(self._socket.fileno(), self._writable)
        self._waiting.append(payload)
        if len(self._waiting) <= MOST_WAITING:
            return 0
        # MN6
        self._waiting.popleft()
        return 1

    def close(self) -> None:
        asyncio.get_running_loop().remove_writer(self._socket.fileno())
        self._socket.close()

    def _writable(self) -> None:
        try:
            while self._waiting and self._sent(self._waiting[0]):
                self._waiting.popleft()
        except _GONE:
            # The next word finds it gone, too, and tells the bus.
            self._waiting.clear()
        if not self._waiting:
            asyncio.get_running_loop().remove_writer(self._socket.fileno())

    def _sent(self, payload: bytes) -> bool:
        """Whether the kernel took it. One that is too large for any datagram is forgotten."""
        try:
            self._socket.send(payload)
        except BlockingIOError:
            return False
        except OSError as fault:
            if fault.errno == errno.ENOBUFS:
                return False
            if fault.errno != errno.EMSGSIZE:
                raise
        return True
