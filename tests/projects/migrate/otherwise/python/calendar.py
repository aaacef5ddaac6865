def spring_tides():
    return []
