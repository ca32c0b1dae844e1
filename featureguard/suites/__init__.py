"""Suites of Great Expectations on an engine of our own: one pass of polars over Arrow batches, without GX.

Every expectation of a suite has a result. What the engine cannot answer is unknown and says why: it is never
left out, and never a pass.
"""
