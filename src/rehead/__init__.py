"""New heads for Mask R-CNN: from a COCO dataset to a registered, served model."""

import os

# OpenMP reads this once, when torch is loaded, so it is set before any module here can load it. Threads that spin while
# they wait make a training step 4 times slower beside one other busy process.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
