"""The use cases, one a file: what the product does with its stores."""
