from mxcp.plugins import MXCPBasePlugin, udf


class MXCPPlugin(MXCPBasePlugin):
    @udf
    def twice(self, number: int) -> int:
        return number * 2

    @udf
    def shout(self, text: str) -> str:
        return text.upper()
