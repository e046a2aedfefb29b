"""Providers of inbound webhooks, one file each; found like those of other packages."""
