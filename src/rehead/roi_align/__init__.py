"""RoIAlign: references to check against, the check itself, a guard in front of it, and what RoIPool loses."""
