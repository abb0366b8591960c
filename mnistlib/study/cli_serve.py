"""The command ``mnistlib serve``: a trained network as an HTTP service."""

from pathlib import Path

import click


@click.command(
    epilog="\b\nExamples:\n"
    "  mnistlib serve                        the file that mnistlib export left\n"
    "  mnistlib serve --model phone/accurate-int8.onnx --port 8080"
)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="ONNX file of at most 100 MB; default: _build/export/small-float32.onnx.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at, IPv4 or IPv6.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 for a free one.",
)
@click.option(
    "--requests",
    "most_requests",
    type=click.IntRange(1, 10000),
    default=64,
    show_default=True,
    help="Answered at a time; more get status 503. Times --megabytes, it must fit into "
    "the memory that is available, twice.",
)
@click.option(
    "--megabytes",
    type=click.IntRange(1, 32),
    default=8,
    show_default=True,
    help="Size of the largest picture.",
)
def serve(model, host, port, most_requests, megabytes) -> None:
    """Answer requests: POST a picture to /digits, get its digits and their probabilities.

    A picture is PNG or JPEG, of at most 16 million pixels; one that does not arrive within
    10 seconds, or cannot be read within 10 seconds, is given up. Only this machine reaches
    the service, unless --host says otherwise; there is no password and no encryption.

    SIGTERM and Ctrl-C give requests in flight 8 seconds to finish. It exits with 0 where
    all of them were answered, with 1 where some were cut off.
    """
    from mnistlib.deploy.serve import Settings, require_packages, run
    from mnistlib.deploy.serve_address import is_local
    from mnistlib.ground import paths

    require_packages()
    settings = Settings(
        model=model or paths.build_dir() / "export" / "small-float32.onnx",
        host=host,
        port=port,
        most_bytes=megabytes * 2**20,
        most_requests=most_requests,
    )

    def say(line: str) -> None:
        click.echo(line)
        if not is_local(host):
            click.echo(
                f"mnistlib: WARNING: whoever can reach {host} can use this service: it has "
                "no password and no encryption. Put a proxy in front that has both.",
                err=True,
            )

    run(settings, say)
