"""A mail server that throws mails away and counts them: `python -m tests.bench.sink HOST:PORT`."""

import asyncio
import sys

from aiosmtpd.smtp import SMTP, Envelope, Session


class Count:
    """Says after each mail how many there were, as Postfix's smtp-sink does."""

    def __init__(self) -> None:
        self.mails = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        self.mails += 1
        sys.stdout.write(f"mesg={self.mails}\r")
        sys.stdout.flush()
        return "250 thrown away"


async def main(bind: str) -> None:
    (host, _, port), count = bind.partition(":"), Count()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(count), host, int(port))
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
