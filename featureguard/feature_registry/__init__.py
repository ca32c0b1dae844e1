"""What Feast's registry says, without `import feast`: that takes seconds, and changes the process.

repo = read_repo(Path("feature_repo"), os.environ)
registry = read_registry(repo)
registry.views["driver_stats"].batch_source.timestamp_field
"""

from featureguard.feature_registry.reading import read_registry
from featureguard.feature_registry.repo import Repo, read_repo
from featureguard.feature_registry.snapshot import (
    BatchSource,
    Projection,
    Registry,
    Service,
    StreamSource,
    View,
)

__all__ = [
    "BatchSource",
    "Projection",
    "Registry",
    "Repo",
    "Service",
    "StreamSource",
    "View",
    "read_registry",
    "read_repo",
]
