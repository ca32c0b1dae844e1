"""How each type of expectation is compiled to a check: a function for each type, a file for each family."""
