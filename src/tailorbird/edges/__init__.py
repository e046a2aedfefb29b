"""The world outside: files, engines and whatever else is not a function over values."""
