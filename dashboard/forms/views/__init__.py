"""The pages that write: new, edit and delete, and the search for a reference."""
