"""MLflow asks the gate: promotions that need an allowing decision, and a look at what went past it.

    from featureguard.mlflow.promoting import promote       the alias is set only if the gate allows it
    mlflow server --app-name featureguard                   the registry itself refuses what it does not allow
    from featureguard.mlflow.detecting import promotions    what stands where no decision allowed it

Importing this package imports no MLflow.
"""
