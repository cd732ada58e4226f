"""The mask branch's networks, one file each: what is read from a box's features, and how its mask is drawn."""
