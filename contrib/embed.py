"""llamaswap inside another Twisted application: `LLAMASWAP_CONFIG=config.yaml twistd -ny contrib/embed.py`."""

import os

from twisted.application.service import Application
from twisted.application.strports import service
from twisted.internet import reactor
from twisted.web.server import Site

from llamaswap.config.files import load_file
from llamaswap.service import LlamaSwap

llamaswap = LlamaSwap(load_file(os.environ["LLAMASWAP_CONFIG"]), reactor)
application = Application("a house with models")
llamaswap.service.setServiceParent(application)  # starts and stops the models with the application
service("tcp:8090:interface=127.0.0.1", llamaswap.factory).setServiceParent(application)  # the fast lane
service("tcp:8091:interface=127.0.0.1", Site(llamaswap.resource)).setServiceParent(application)  # or any site
