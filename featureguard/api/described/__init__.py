"""What the API answers, for its own description: fields, examples, headers, errors.

Nothing here runs while something is answered. The models say what the documents of the routes look like;
tests hold every answer against them.
"""
