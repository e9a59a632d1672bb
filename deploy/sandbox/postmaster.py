"""A mail server that can't deliver a letter: the notification that it sends back (RFC 3464)."""

from deploy.sandbox.client import Mail

BOUNDARY = "--a-mail-that-came-back--"
REPORT = """\
From: Mail Delivery System <mailer-daemon@mail.example>
To: {sender}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"

--{boundary}
Content-Type: text/plain; charset=us-ascii

The mail could not be delivered: there is no such mailbox here.

--{boundary}
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown

--{boundary}--
"""


def returned(mail: Mail) -> bytes:
    """What comes back to the envelope sender of a mail to a mailbox that is gone."""
    return REPORT.format(sender=mail.envelope.sender, recipient=mail.to, boundary=BOUNDARY).encode()
