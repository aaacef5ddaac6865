"""Parts of mxcp that code of a project uses by themselves."""
