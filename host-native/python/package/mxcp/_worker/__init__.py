"""The process that runs a project's Python for the `mxcp` program: the other end of its pipes."""
