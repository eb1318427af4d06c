"""What is measured: a module each, whose ``run`` returns rows of the table."""
