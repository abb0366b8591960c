"""``mnistlib serve`` beside Flask, on one machine: throughput and tails, in turns."""

import contextlib
import http.client
import io
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from bench.load import load
from bench.process import PeerError, start
from mnistlib import data
from mnistlib.deploy import bundle, sources
from mnistlib.deploy.export import Judge, export

SYSTEM = "accurate"
CLIENTS = (1, 8, 32)
OURS, PHOTO = "mnistlib serve", "mnistlib serve, a photograph"
KERAS, ONNX = "Flask, model.predict", "Flask, ONNX"
_CHECKED = 50


@contextlib.contextmanager
def started(*command: str):
    """Start a service that prints its address; yield the address, and end it."""
    process = start([sys.executable, "-m", *command], subprocess.DEVNULL)
    try:
        for line in process.stdout:
            if address := re.search(r"http://[\d.]+:\d+/", line):
                break
        else:
            raise PeerError(f"{command[0]} ended with {process.wait()}")
        yield address[0]
    finally:
        process.stdin.close()
        process.terminate()
        process.wait()


def as_file(pixels: np.ndarray, kind: str) -> bytes:
    """Return pixels as a picture file, "PNG" or "JPEG"."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def photograph(image: np.ndarray) -> bytes:
    """Return a digit of MNIST as dark ink on a sheet of 640 x 480 pixels, a JPEG."""
    paper = np.full((480, 640), 235, np.uint8)
    large = Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC)
    paper[100:380, 180:460] -= (np.asarray(large) * 0.8).astype(np.uint8)
    return as_file(paper, "JPEG")


def texts(url: str, pictures: list[bytes]) -> list[str]:
    """Return the digit that a service reads in each picture."""
    place = urlsplit(url)
    line = http.client.HTTPConnection(place.hostname, place.port, timeout=60)
    found = []
    for picture in pictures:
        line.request("POST", "/digits", picture, {"Content-Type": "image/png"})
        found.append(json.loads(line.getresponse().read())["text"])
    line.close()
    return found


def measure(quick: bool) -> dict:
    """Return what each way answers a second and how long one waits, JSON values only.

    Args:
        quick: one short round, few clients.
    """
    dataset = data.load("mnist")
    rounds, seconds, clients = (1, 1.0, (1, 4)) if quick else (7, 3.0, CLIENTS)
    pictures = [as_file(image, "PNG") for image in dataset.x_test[:_CHECKED]]
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as services:
        judge = Judge(sources.of_system(SYSTEM), dataset)
        onnx = str(export(judge, "onnx", "float32", Path(folder)))
        keras = str(bundle.folder_of(SYSTEM) / bundle.MODEL)
        cli = ("mnistlib.study.cli", "serve", "--port", "0", "--model", onnx)
        flask = "bench.peers.flask_predict"
        urls = {
            OURS: services.enter_context(started(*cli)),
            ONNX: services.enter_context(started(flask, "onnx", onnx)),
            KERAS: services.enter_context(started(flask, "keras", keras)),
        }
        read = {name: texts(url, pictures) for name, url in urls.items()}
        asked = {name: (url, pictures[0], "image/png") for name, url in urls.items()}
        asked[PHOTO] = (urls[OURS], photograph(dataset.x_test[0]), "image/jpeg")
        found = {name: {str(n): [] for n in clients} for name in asked}
        for _ in range(rounds):
            for n in clients:
                for name, request in asked.items():
                    found[name][str(n)].append(load(*request, n, seconds))
    return {
        "system": SYSTEM,
        "rounds": rounds,
        "seconds": seconds,
        "checked": _CHECKED,
        "same_digits": all(texts == read[KERAS] for texts in read.values()),
        "ways": found,
    }
