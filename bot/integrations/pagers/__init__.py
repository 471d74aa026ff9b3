"""Pagers, a file a vendor: how a page is triggered, acknowledged and resolved there, and what they send back."""
