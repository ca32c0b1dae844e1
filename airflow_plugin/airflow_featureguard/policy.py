"""Looks at every DAG that Airflow has read: does anything slip by a gate?

Airflow's own entry point `airflow.policy` finds it, in every process, so that next to nothing is imported.

    [featureguard]
    refuse_slips = True

makes an import error of what is a warning without that.
"""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING

from airflow.policies import hookimpl

if TYPE_CHECKING:
    from airflow.sdk import DAG


@hookimpl(trylast=True)
def dag_policy(dag: DAG) -> None:
    """Warn of what may run though a gate before it failed or was skipped, or refuse the DAG.

    Raises:
        AirflowClusterPolicyViolation: If `refuse_slips` is set.
    """
    if "airflow_featureguard.gating" not in sys.modules:  # Then no DAG of this process has a gate.
        return
    from airflow.configuration import conf
    from airflow.exceptions import AirflowClusterPolicyViolation

    from airflow_featureguard.slipping import slips_in

    if not (told := slips_in(dag)):
        return
    if conf.getboolean("featureguard", "refuse_slips", fallback=False):
        raise AirflowClusterPolicyViolation(" ".join(told))
    for one in told:
        warnings.warn_explicit(f"DAG '{dag.dag_id}': {one}", UserWarning, dag.fileloc, 1)
