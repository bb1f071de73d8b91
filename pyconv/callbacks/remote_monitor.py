"""Logs of epochs, sent to a server."""

import warnings

import numpy as np

from pyconv.callbacks.callback import Callback


class RemoteMonitor(Callback):
    """Sends the logs of each epoch to a server by HTTP POST, as JSON or in a form.

    Args:
        root: address of the server.
        path: what follows it.
        field: name of the form's field.
        headers: dict of further headers.
        send_as_json: whether the body is JSON, rather than a form.

    Example:
        >>> RemoteMonitor("http://localhost:9000").path
        '/publish/epoch/end/'
    """

    def __init__(
        self,
        root="http://localhost:9000",
        path="/publish/epoch/end/",
        field="data",
        headers=None,
        send_as_json=False,
    ):
        super().__init__()
        self.root = root
        self.path = path
        self.field = field
        self.headers = headers
        self.send_as_json = send_as_json

    def on_epoch_end(self, epoch, logs=None):
        import json
        from urllib.error import URLError
        from urllib.parse import urlencode
        from urllib.request import Request, urlopen

        message = {"epoch": epoch}
        for key, value in (logs or {}).items():
            message[key] = value.item() if isinstance(value, (np.ndarray, np.generic)) else value
        text = json.dumps(message)
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        body = text if self.send_as_json else urlencode({self.field: text})
        headers = {"Content-Type": kind, **(self.headers or {})}
        request = Request(self.root + self.path, body.encode(), headers, method="POST")
        try:
            urlopen(request, timeout=10).close()
        except (URLError, OSError):
            warnings.warn(f"could not reach RemoteMonitor's server at {self.root}", stacklevel=2)
