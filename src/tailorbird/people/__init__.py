"""Who is who: subjects that are one person, and what is known of people."""
