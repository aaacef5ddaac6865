raise RuntimeError("files that begin with an underscore are not imported")
