"""Bounded numbers: one type for each kind, shared by configs, grids, cards and command line options.

Every bound is far beyond what makes sense in an experiment, and within what single precision, 64-bit integers and
memory hold, so that no number that passes ends in an overflow or in a loss that is not finite by itself.
"""

from typing import Annotated

from annotated_types import Ge, Gt, Le, Lt, MaxLen

TINY = 1e-30
"""The smallest number above zero: single precision ends at 1e-38, and what is computed with it is smaller still."""

Share = Annotated[float, Ge(0.0), Le(1.0)]
"""Some of a whole, none and all included."""
Portion = Annotated[float, Gt(0.0), Lt(1.0)]
"""Some of a whole, neither none nor all."""
Decay = Annotated[float, Ge(0.0), Lt(1.0)]
"""How much of a running mean stays from step to step. With 1.0, Adam divides by zero."""
Count = Annotated[int, Ge(1), Le(2**31 - 1)]
"""Steps, epochs, examples: what is counted from one."""
BatchSize = Annotated[int, Ge(1), Le(2**16)]
"""Examples of one step; all of them are laid out at once."""
Position = Annotated[int, Ge(0), Le(2**31 - 1)]
"""A place that is counted from zero."""
Tokens = Annotated[int, Ge(1), Le(2**53)]
"""Tokens of a corpus; the largest have some ten to the power of thirteen."""
Length = Annotated[int, Ge(8), Le(2**20)]
"""Tokens of one sequence."""
Seed = Annotated[int, Ge(0), Le(2**63 - 1)]
"""What draws random numbers. Torch takes 64 bits."""
Workers = Annotated[int, Ge(1), Le(4096)]
"""Processes or devices that work at once."""
Rate = Annotated[float, Ge(TINY), Le(10.0)]
"""A learning rate, or a factor of one."""
Epsilon = Annotated[float, Ge(TINY), Le(1.0)]
"""What Adam adds to a divisor so that it is never zero."""
Norm = Annotated[float, Ge(TINY), Le(1e30)]
"""A bound on the norm of a gradient."""
Weight = Annotated[float, Ge(0.0), Le(1e6)]
"""The weight of a term in a loss."""
Temperature = Annotated[float, Ge(1.0), Le(1e9)]
"""By which sizes are evened out."""
ReductionFactor = Annotated[float, Ge(1 / 64), Le(2**16)]
"""Hidden width over bottleneck width."""
Days = Annotated[float, Ge(0.0), Le(36_500.0)]
"""A time in days, up to a hundred years."""
Minutes = Annotated[int, Ge(1), Le(10 * 365 * 24 * 60)]
"""A time in minutes, up to ten years."""
Gigabytes = Annotated[float, Ge(0.001), Le(1e6)]
"""Memory of a machine."""
Bytes = Annotated[int, Ge(1), Le(2**60)]
"""A size of files."""

MANY = MaxLen(1000)
"""The longest list in a config."""
FEW = MaxLen(100)
"""The longest list of what is trained together or one after another."""
MAX_CELLS = 20_000
"""Of a grid. Planning takes some milliseconds for each."""
