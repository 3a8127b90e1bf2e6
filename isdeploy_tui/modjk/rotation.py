"""Who is in rotation, and how that is changed: (map, workers) → states; (map, wish) → new map and what to know.

The parts live in ``memberstate`` (states), ``derive`` (which values change), ``presetrules`` and ``plan``.
"""

from isdeploy_tui.modjk.derive import PlanError
from isdeploy_tui.modjk.memberstate import MemberState, Rotation, rotations
from isdeploy_tui.modjk.plan import Plan, RuleChange, plan
from isdeploy_tui.modjk.presetrules import Presets

__all__ = ["MemberState", "Plan", "PlanError", "Presets", "Rotation", "RuleChange", "plan", "rotations"]
