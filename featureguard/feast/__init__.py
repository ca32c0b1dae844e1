"""Feast as its users have it: contracts from its registry, its online store told apart from its promises.

    from featureguard.feast.guarded import GuardedFeatureStore     serves no stale feature unseen
    from featureguard.feast.training import check_training         rows out are rows in, nulls within contract

Importing this package, or anything of it, imports no Feast.
"""
