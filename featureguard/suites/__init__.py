"""Suites of Great Expectations as plain JSON data; nothing here imports GX."""
