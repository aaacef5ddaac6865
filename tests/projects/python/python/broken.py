import a_package_that_nobody_has


def broken():
    return 1
