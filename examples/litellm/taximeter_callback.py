"""What config.yaml names: a callback with a spool folder for each worker of the proxy."""

import os

import taximeter
from taximeter.litellm import Callback

callback = Callback(taximeter.Meter(taximeter.worker_folder(os.environ["TAXIMETER_SPOOL"])), durably=True)
