"""Shows what memory holds: live recording of a run, replay of a memory file, pictures. Built on rerun."""
