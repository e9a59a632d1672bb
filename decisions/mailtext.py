"""What a letter of ours says, from its very bytes, without the links that would let a reader act. Pure."""

import re
from email import message_from_bytes, policy
from email.errors import MessageError

_LINK = re.compile(r"https?://\S+")


def text(content: bytes) -> str:
    """Its plain text; "" of a letter whose bytes were let go of, or can't be read."""
    try:
        message = message_from_bytes(content, policy=policy.default)
        body = message.get_body(("plain",))
        said = str(body.get_content()) if body else ""
    except (MessageError, LookupError, UnicodeError, ValueError):
        return ""
    return _LINK.sub("[…]", said)
