"""What `rykker` tells: read into plain values (which are its JSON), and shown as tables."""
