"""Ways to send mail; a file a vendor."""
