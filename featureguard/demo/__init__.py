"""The demo: a year of real flights, replayed day by day through the commands that a user types."""
