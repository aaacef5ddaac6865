"""SQL functions about prices."""

from decimal import Decimal
from typing import Optional

from mxcp.plugins import MXCPBasePlugin, udf
from mxcp.runtime import db
from mxcp.sdk.auth.context import get_user_context


class MXCPPlugin(MXCPBasePlugin):
    def __init__(self, config):
        super().__init__(config)
        self.rate = float(config["rate"])

    @udf
    def gross(self, net: float) -> float:
        return net * self.rate

    @udf
    def label(self, name: Optional[str]) -> str:
        return "nothing" if name is None else name.upper()

    @udf
    def caller(self, row: int) -> str:
        user = get_user_context()
        return "nobody" if user is None else user.username

    @udf
    def doubled(self, numbers: list[int]) -> list[int]:
        return [number * 2 for number in numbers]

    @udf
    def asked(self, number: int) -> int:
        return db.execute("SELECT $n + 1 AS n", {"n": number})[0]["n"]

    @udf
    def exact(self, text: str) -> Decimal:
        return Decimal(text)

    @udf
    def refuses(self, number: int) -> int:
        raise ValueError(f"{number} is not for sale")

    def rate_of(self):
        return self.rate
