"""Everything that the use cases ask of the world, by what it is about: a file each."""
