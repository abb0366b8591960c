"""A service as tutorials write it: Flask's own server around ``model.predict``.

``python -m bench.peers.flask_predict keras MODEL.keras`` or ``onnx MODEL.onnx``. Prints its
port, and ends when its standard input is closed.
"""

import io
import logging
import socket
import sys
import threading
import time
from pathlib import Path

import numpy as np
from flask import Flask, request
from PIL import Image


def predictor(kind: str, path: str):
    """Return a function from images (n, 28, 28, 1) to probabilities (n, 10)."""
    if kind == "onnx":
        from mnistlib.deploy.formats_onnx import reader

        return reader(Path(path))
    import keras

    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    return lambda images: model.predict(images, verbose=0)


def main() -> None:
    """Serve until standard input ends."""
    predict = predictor(*sys.argv[1:3])
    app = Flask(__name__)

    @app.post("/digits")
    def digits():
        picture = Image.open(io.BytesIO(request.get_data())).convert("L").resize((28, 28))
        image = np.asarray(picture, np.float32)[None, ..., None] / 255
        probabilities = predict(image)[0]
        return {
            "text": str(probabilities.argmax()),
            "probabilities": probabilities.tolist(),
        }

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    threading.Thread(target=app.run, kwargs={"port": port}, daemon=True).start()
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    print(f"http://127.0.0.1:{port}/", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
