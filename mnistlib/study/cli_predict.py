"""The command ``mnistlib predict``: the digits of a photograph."""

import json
from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n  mnistlib predict photo.jpg\n"
    "  mnistlib predict photo.jpg --json\n"
    "  mnistlib predict photo.jpg --show read.png --model small"
)
@click.argument("photo", type=click.Path(path_type=Path))
@click.option(
    "--model",
    "name",
    default="accurate",
    show_default=True,
    help="A trained network: `mnistlib models list` names them.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, probabilities included.")
@click.option(
    "--show",
    "drawn_to",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write a PNG: the photograph with a box around each digit.",
)
def predict(photo, name, as_json, drawn_to) -> None:
    """Read the handwritten digits of PHOTO, an image file, row by row.

    The page must fill the picture, in any light, upright, digits apart from each other. A
    network gives a digit for anything that it is shown, a letter or a scribble too, and is
    often sure of it. A picture has at most 32 MB and 50 million pixels.
    """
    from mnistlib.deploy import bundle
    from mnistlib.ground.errors import PhotoError
    from mnistlib.photos import read
    from mnistlib.photos.extra import opencv
    from mnistlib.photos.files import read_file
    from mnistlib.photos.find import find

    if drawn_to and (drawn_to.suffix.lower() != ".png" or _is_same(drawn_to, photo)):
        raise PhotoError(
            "--show must name a .png file, another one than the photo. "
            f"Received: {drawn_to}"
        )
    opencv()  # what is not installed is said before anything is read
    pixels = read_file(photo)
    bundle.manifest(name)
    found = find(pixels)  # quick: where no digit is shown, no network is loaded
    model = bundle.load(name)
    readings = read.answers(found, lambda images: bundle.probabilities(model, images))
    if drawn_to:
        _write(drawn_to, read.overlay(pixels, readings))
    if as_json:
        height, width = pixels.shape[:2]
        about = {"photo": str(photo), "width": width, "height": height, "model": name}
        digits = [reading.to_dict() for reading in readings]
        click.echo(json.dumps(about | {"digits": digits}))
        return
    click.echo("".join(str(reading.digit) for reading in readings))
    for reading in readings:
        left, top, width, height = reading.box
        click.echo(
            f"{reading.digit}  {100 * reading.probability:5.1f} %  "
            f"{width} x {height} pixels at {left}, {top}"
        )


def _is_same(path: Path, other: Path) -> bool:
    from mnistlib.ground.paths import absolute

    return absolute(path) == absolute(other)


def _write(path: Path, pixels) -> None:
    import io

    from PIL import Image

    from mnistlib.ground.errors import PhotoError
    from mnistlib.ground.files import write_whole

    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    try:
        write_whole(path, content.getvalue())
    except OSError as error:
        raise PhotoError(
            f"--show must name a file that can be written. Received: {path} "
            f"({error.strerror or error})"
        ) from None
