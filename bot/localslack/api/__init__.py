"""The Web API: one file a family of methods, each method a function of a `Call` that returns the answer without `ok`.

`methods.METHODS` lists them all with tier and scopes; `router` is the only place that knows HTTP.
"""
