"""What may be done with facts about people: here, who can read them at all."""
