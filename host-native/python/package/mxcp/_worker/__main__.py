"""Starts the process. Old interpreters have to understand this file, so that they can say that they are too old."""

import sys

if __name__ == "__main__":
    name = sys.implementation.name if hasattr(sys, "implementation") else "cpython"
    if sys.version_info < (3, 10) or name != "cpython":
        name = "CPython" if name == "cpython" else name
        sys.stderr.write(
            "it is %s %s, and CPython 3.10 or newer is needed\n" % (name, sys.version.split()[0])
        )
        sys.exit(86)
    # The folder of this file stands first, where the folder that has `mxcp` in it should.
    root = __file__.replace("\\", "/").rsplit("/", 3)[0]
    if getattr(sys.flags, "safe_path", False):
        # Asked to, Python does not put that folder there.
        sys.path.insert(0, root)
    else:
        sys.path[0] = root

    # The folder is ours: what is compiled is kept in it, even where that is not wanted of the user's own modules.
    unwanted = sys.dont_write_bytecode
    sys.dont_write_bytecode = False
    from mxcp._worker.process import Process

    sys.dont_write_bytecode = unwanted
    Process.adopt().run()
