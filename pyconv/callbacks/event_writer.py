"""Event files of TensorBoard, written with its own writer."""

import io
import time

import numpy as np


class EventWriter:
    """Writes numbers, histograms, pictures and texts to an event file in a directory.

    Args:
        directory: where the file is made, with the first event.

    Raises:
        ImportError: TensorBoard is not installed.
    """

    def __init__(self, directory):
        try:
            from tensorboard.summary.writer import event_file_writer
        except ImportError as error:
            raise ImportError(
                "expected the package tensorboard for callbacks.TensorBoard, received "
                f"{error}; pip install pyconv[tensorboard]"
            ) from None
        self._writer = event_file_writer.EventFileWriter(str(directory), filename_suffix=".v2")

    def scalar(self, tag, value, step):
        """One number."""
        from tensorboard.plugins.scalar.summary_v2 import scalar_pb

        self._add(scalar_pb(tag, float(value)), step)

    def histogram(self, tag, values, step):
        """How an array's values are distributed."""
        from tensorboard.plugins.histogram.summary_v2 import histogram_pb

        self._add(histogram_pb(tag, np.asarray(values, "float64")), step)

    def images(self, tag, images, step):
        """Pictures (n, height, width, 1, 3 or 4 channels) of values from 0 to 1."""
        from tensorboard.plugins.image import metadata

        height, width = images.shape[1:3]
        texts = [str(width).encode(), str(height).encode(), *map(_png, images[:3])]
        self._add_texts(tag, texts, metadata.create_summary_metadata(None, None), step)

    def model(self, json):
        """The architecture of a model, for the page of graphs."""
        from tensorboard.compat.proto.summary_pb2 import SummaryMetadata

        kind = SummaryMetadata.PluginData(plugin_name="graph_keras_model", content=b"1")
        self._add_texts("keras", json.encode(), SummaryMetadata(plugin_data=kind), 0)

    def flush(self):
        """Brings what was written to the file."""
        self._writer.flush()

    def close(self):
        """Ends the file."""
        self._writer.close()

    def _add_texts(self, tag, texts, metadata, step):
        from tensorboard.compat.proto.summary_pb2 import Summary
        from tensorboard.compat.tensorflow_stub.dtypes import string
        from tensorboard.util.tensor_util import make_tensor_proto

        tensor = make_tensor_proto(texts, dtype=string)
        summary = Summary()
        summary.value.add(tag=tag, metadata=metadata, tensor=tensor)
        self._add(summary, step)

    def _add(self, summary, step):
        from tensorboard.compat.proto.event_pb2 import Event

        self._writer.add_event(Event(wall_time=time.time(), step=int(step), summary=summary))


def _png(image):
    from PIL import Image

    pixels = (np.clip(image, 0.0, 1.0) * 255.0 + 0.5).astype("uint8")
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(file, "PNG")
    return file.getvalue()
