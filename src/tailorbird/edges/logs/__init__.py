"""Logs: the durable order in which facts were accepted, and the keys that they are sealed with."""
