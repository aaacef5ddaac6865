"""A module that has the name of one of the standard library."""


def own_json():
    return "the project's own"
