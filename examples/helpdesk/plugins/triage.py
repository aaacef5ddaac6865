"""How urgent a ticket is, for SQL."""

from mxcp.plugins import MXCPBasePlugin, udf


class MXCPPlugin(MXCPBasePlugin):
    def __init__(self, config: dict[str, str]) -> None:
        super().__init__(config)
        self.words = [word.strip() for word in config["urgent"].split(",")]

    @udf
    def urgency(self, subject: str) -> int:
        """2 for what can't wait, 1 for questions, 0 for everything else."""
        text = subject.lower()
        # "upside down" is nobody's outage.
        if any(word in text.replace("upside down", "") for word in self.words):
            return 2
        return 1 if text.endswith("?") else 0
