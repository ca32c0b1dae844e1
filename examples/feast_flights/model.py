"""The model: least squares on the features of one hour. MLflow keeps this file, and the weights beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel

FEATURES = ["cancelled_share", "late_share", "mean_delay", "temp", "wind_speed", "precip", "visib"]
LABEL = "minutes"


def fit(rows: pd.DataFrame) -> list[float]:
    """Weights of the features, and what is added to all."""
    found: list[float] = np.linalg.lstsq(_matrix(rows), rows[LABEL].to_numpy(), rcond=None)[0].tolist()
    return found


def predict(weights: list[float], rows: pd.DataFrame) -> pd.Series:
    """Mean delay in the coming hour, in minutes."""
    return pd.Series(_matrix(rows) @ np.array(weights), rows.index)


class DepartureDelay(PythonModel):
    """What `mlflow.pyfunc.load_model("models:/departure_delay@champion")` gives."""

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.Series:
        """Mean delay in the coming hour, in minutes."""
        return predict(context.model_config["weights"], model_input)


def _matrix(rows: pd.DataFrame) -> np.ndarray:
    return np.column_stack([rows[FEATURES].to_numpy(float), np.ones(len(rows))])


set_model(DepartureDelay())
