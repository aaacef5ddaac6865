"""Starts the process. Old interpreters have to understand this file, so that they can say that they are too old."""

import sys

if __name__ == "__main__":
    if sys.version_info < (3, 10) or sys.implementation.name != "cpython":
        name = sys.version_info >= (3, 3) and sys.implementation.name or "Python"
        sys.stderr.write("it is %s %s, and CPython 3.10 or newer is needed\n" % (name, sys.version.split()[0]))
        sys.exit(86)
    # The folder of this file stands first, where the folder that has `mxcp` in it should.
    sys.path[0] = __file__.replace("\\", "/").rsplit("/", 3)[0]

    from mxcp._worker.process import Process

    Process.adopt().run()
