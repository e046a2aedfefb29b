"""Where everything is put together: a project folder, its settings, its stores, the real clock."""
