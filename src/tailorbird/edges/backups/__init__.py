"""Backups: a folder with copies of log and registry, and apart from it one file with the keys."""
