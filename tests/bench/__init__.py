"""How fast it is, and beside each figure the bare loop that does the same without us: `make bench`."""
