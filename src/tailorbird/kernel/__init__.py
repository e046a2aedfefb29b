"""Values, instants, facts, limits and errors: what every other room is built from."""
