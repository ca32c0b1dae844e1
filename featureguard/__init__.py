"""Know whether data and features are fresh and whole before anything is built on them."""
