from mxcp.plugins import MXCPBasePlugin, udf


class MXCPPlugin(MXCPBasePlugin):
    @udf
    def knots(self, metres: float | None) -> float | None:
        return None if self.get_username() is None else metres * 1.94
