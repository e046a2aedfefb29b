"""Looks at an installation and a project, and says of each thing what is, and what to do."""
