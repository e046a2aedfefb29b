"""Ways out: how a message gets to somebody else's machine."""
