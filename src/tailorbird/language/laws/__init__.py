"""The proof: random definitions and histories, and what must hold for every reading of them."""
