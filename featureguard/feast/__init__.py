"""Feast as its users have it: contracts from its registry, its online store told apart from its promises."""
