"""Issue trackers, a file a vendor: how an issue is found, made, changed and commented there."""
