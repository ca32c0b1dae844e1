"""FeatureGuard for Dagster: contracts as asset checks, sensors and a gate for jobs."""
