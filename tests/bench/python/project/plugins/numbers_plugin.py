from mxcp.plugins import MXCPBasePlugin, udf
from mxcp.sdk.executor import get_execution_context


class MXCPPlugin(MXCPBasePlugin):
    @udf
    def twice(self, number: int) -> int:
        return number * 2

    @udf
    def shout(self, text: str) -> str:
        return text.upper()

    @udf
    def caller(self, row: int) -> str:
        return get_execution_context().get("request_headers")["x-name"]
