"""The workspace in a browser: one template, plain JavaScript that draws JSON, and the routes that tell it."""
