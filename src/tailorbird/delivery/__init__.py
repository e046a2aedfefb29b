"""Rules for what leaves the product: what is told to whom, when it is tried again, and when not."""
