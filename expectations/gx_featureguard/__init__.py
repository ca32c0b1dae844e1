"""FeatureGuard for Great Expectations: contracts as suites, and suite results as facts."""
