"""Charts as plain numbers: scales, and where each mark stands. Templates draw them as SVG."""
