"""mxcp for the Python of a project.

Endpoints and plug-ins import what they need from the modules below this one, most of all from
`mxcp.runtime`. Nothing is imported here, so that each of them costs only what it needs itself.
"""
