"""A prediction log as integer counts: mergeable in any order, comparable with any other, kept for years.

`Profile` is the value, `Builder` makes it from record batches; what a log looks like is in `analysis/spec.py`.
"""

from analysis.profile.builder import Builder, count
from analysis.profile.profile import Profile
from analysis.profile.table import Table

__all__ = ["Builder", "Profile", "Table", "count"]
