from shop import parts


def outside():
    return [__name__.startswith("_mxcp_endpoint_outside_"), parts.note("outside") > 0]
