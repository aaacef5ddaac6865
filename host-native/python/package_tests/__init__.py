"""Tests of the Python package. Run them with `python -m unittest discover -t . -s package_tests`."""
