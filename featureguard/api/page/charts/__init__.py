"""Pictures as SVG text: pure functions of values, with a title for those who do not see them.

Nothing is styled inline: shapes have classes, and the style sheet knows light from dark.
"""
