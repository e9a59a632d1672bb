"""Facts → letters: what happened becomes a mail, planned first and sent after."""
