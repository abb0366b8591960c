"""What pictures may take of a machine's memory: stated, measured, and refused before."""

import subprocess
import sys

import pytest

from mnistlib.deploy.serve_limits import readers
from mnistlib.deploy.serve_pictures import MOST_MEMORY
from mnistlib.ground import machine, memory
from mnistlib.ground.errors import ServeError

MB = 2**20


@pytest.mark.parametrize("mode", ["RGBA", "I;16"])
def test_a_picture_takes_no_more_memory_than_is_stated(mode):
    """Of the kinds of PNG, these take most."""
    code = f"""
import io
from PIL import Image
from mnistlib.deploy.serve_pictures import look
from mnistlib.ground.memory import peak_mb
paper = Image.new({mode!r}, (4000, 4000), (0, 0, 0, 0) if {mode!r} == "RGBA" else 60000)
paper.paste((9, 9, 9, 255) if {mode!r} == "RGBA" else 900, (1900, 1000, 2100, 3000))
content = io.BytesIO()
paper.save(content, "PNG", compress_level=1)
del paper
before = peak_mb()
assert look(content.getvalue(), "image/png")
print(before, peak_mb())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    before, peak = map(int, done.stdout.split())
    assert before < 100, done.stderr
    assert MOST_MEMORY / 2 < peak * 10**6 < MOST_MEMORY


def test_requests_that_do_not_fit_are_refused(monkeypatch):
    def there(n: float) -> None:
        monkeypatch.setattr(memory, "available_bytes", lambda: int(n))

    there(2 * 64 * 8 * MB + 1.5 * MOST_MEMORY)
    assert readers(64, 8 * MB) == 1
    there(1e15)
    assert readers(64, 8 * MB) == machine.cores()
    there(2 * 64 * 8 * MB + 0.5 * MOST_MEMORY)
    with pytest.raises(ServeError, match=r"64 of 8 MB, .* take 1\.4 GB, and 1\.2 GB"):
        readers(64, 8 * MB)
    assert readers(8, 8 * MB) >= 1
