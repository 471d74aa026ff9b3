"""Decides what people may do and by when: states, roles, routes, deadlines, on facts handed in."""
