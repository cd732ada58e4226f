"""`rehead doctor`: what would go wrong in a training, found before it starts; one file a check."""
