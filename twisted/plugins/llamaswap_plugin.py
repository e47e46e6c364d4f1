"""Announces `twist llamaswap` and `twistd llamaswap`. Everything else is imported when the command is chosen."""

from twisted.application.service import ServiceMaker

llamaswap = ServiceMaker("llamaswap", "llamaswap.tap", "Model-swapping HTTP proxy.", "llamaswap")
