"""Two stand-ins for the world outside, on loopback only: Ordrestyring (`erp`), and a mail server with an `inbox`."""
