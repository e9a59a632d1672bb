"""The database's history, one numbered file a step; `rykker migrate` runs what is missing.

Each file has a frozen copy of what it creates (it imports nothing of ours), and `WHEN`: "pre" is safe while the old
code still runs, "post" needs the new code everywhere. Schema and rows are changed by different files.
"""
