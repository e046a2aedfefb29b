"""From what the world sends to facts: mappings of columns, message shapes, ready vocabularies."""
