"""From a trained detector to a registered version: package, compare, register, trace."""
