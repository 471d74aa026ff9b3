"""Outside systems, a file a vendor; each says of every failure what to do next (`errors.py`)."""
