"""Follow a board in the terminal.

python watch_board.py https://board.example anna@holm.example [channel]
"""

import asyncio
import getpass
import sys
from urllib.parse import urlsplit, urlunsplit

from kanvoy_client.client import connect
from kanvoy_client.errors import KanvoyError
from kanvoy_client.login import sign_in
from kanvoy_client.views import CardView


def socket_address(address: str) -> str:
    """The socket's address of the server at this address."""
    parts = urlsplit(address)
    scheme = "wss" if parts.scheme == "https" else "ws"
    return urlunsplit((scheme, parts.netloc, "/v1/realtime", "", ""))


async def follow(address: str, email: str, channel: str) -> None:
    """Print each card that changes, until somebody presses Ctrl+C."""
    password = await asyncio.to_thread(getpass.getpass, f"Password of {email}: ")
    cookie = await sign_in(address, email=email, password=password)
    async with connect(socket_address(address), cookie) as client:
        whole = await client.watch(channel)
        print(f"{channel} is whole at {whole.cursor}: {len(whole.items)} things")
        async for key, view in client.changes(channel):
            match view:
                case None:
                    print(f"{key.kind} {key.id} left")
                case CardView(number=number, customer=customer, category=category):
                    print(f"#{number} {customer}: {category}")
                case _:
                    print(f"{key.kind} {key.id} changed")


def main() -> int:
    """Run until interrupted; answers 1 when there is no way in."""
    match sys.argv[1:]:
        case [address, email, *rest]:
            channel = rest[0] if rest else "board"
        case _:
            print(__doc__)
            return 2
    try:
        asyncio.run(follow(address, email, channel))
    except KanvoyError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
