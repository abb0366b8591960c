"""The command ``mnistlib export``: a trained network as a file for another program."""

from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n"
    "  mnistlib export --system small --format onnx\n"
    "  mnistlib export --system accurate --format litert --precision int8 --output phone\n"
    "  mnistlib export --model mine.keras --format onnx --format litert"
)
@click.option("--system", metavar="NAME", help="A network of models/; default: small.")
@click.option(
    "--model",
    "file",
    type=click.Path(path_type=Path),
    help="A .keras file of a network of the study, in place of one of models/; "
    "at most 100 MB.",
)
@click.option(
    "--format",
    "forms",
    multiple=True,
    metavar="FORMAT",
    help="onnx (default), litert, keras or js; may be given several times.",
)
@click.option(
    "--precision",
    "precisions",
    multiple=True,
    metavar="PRECISION",
    help="float32, float16 or int8 (js: int16); default: the format's first.",
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the files; default: _build/export.",
)
@click.option(
    "--dataset",
    type=click.Choice(["auto", "mnist", "digits"]),
    default="auto",
    show_default=True,
    help="What a file is compared with its source on.",
)
def export(system, file, forms, precisions, output, dataset) -> None:
    """Write a trained network as ONNX, LiteRT, Keras or JavaScript, with its model card.

    Every file is loaded again and compared with its source on all test images; one that
    reads otherwise is not kept. Two exports into one folder take turns.
    """
    from mnistlib.deploy import formats
    from mnistlib.ground import paths

    if system and file:
        raise click.UsageError("--system and --model must not be given together.")
    asked = [
        (form, precision)
        for form in forms or ("onnx",)
        for precision in precisions or formats.first_precision(form)
    ]
    for form, precision in asked:  # all of them, before the first is written
        formats.require(form, precision)

    from mnistlib import data
    from mnistlib.deploy import sources
    from mnistlib.deploy.export import Judge
    from mnistlib.deploy.export import export as export_file
    from mnistlib.deploy.manifest import read_manifest

    source = sources.of_file(file) if file else sources.of_system(system or "small")
    judge = Judge(source, data.load(dataset))
    folder = output or paths.build_dir() / "export"
    for form, precision in asked:
        path = export_file(judge, form, precision, folder)
        entry = read_manifest(folder)[path.name]
        click.echo(
            f"{path}: {entry['bytes']} bytes, {100 * entry['accuracy']:.2f} % of "
            f"{entry['n_examples']} test images of {entry['data']['name']}, "
            f"{entry['flips']} other than the source"
        )
