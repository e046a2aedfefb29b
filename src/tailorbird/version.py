"""The version stands here alone, so that building needs neither git nor a network."""

VERSION = "0.1.0"
