"""PyTorch, CPU build: an ordinary loop over batches of tensors in memory.

No data loader: its handling of single images would cost more than these networks.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from protocol import arrays, serve, settings

given = settings()

import torch  # noqa: E402
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

torch.set_num_threads(given["threads"])
torch.manual_seed(given["seed"])


def base_cnn() -> list:
    stage = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return [*stage, nn.Linear(5408, 100), nn.ReLU(), nn.Linear(100, 10)]


def complex_cnn() -> list:
    convolutions = [
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU()),
        *(nn.Conv2d(64, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
    ]
    return [*convolutions, nn.Linear(1024, 100), nn.ReLU(), nn.Linear(100, 10)]


def raj_cnn() -> list:
    layers = []
    for channels in (1, 64, 64):
        layers += [nn.Conv2d(channels, 64, 3), nn.ReLU(), nn.MaxPool2d(2)]
    dense = [nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10)]
    return [*layers, nn.Flatten(), *dense]


def raut_cnn() -> list:
    convolutions = [
        *(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
    ]
    return [*convolutions, nn.Linear(1600, 128), nn.ReLU(), nn.Linear(128, 10)]


# Keras's defaults, so that the running averages follow equally: PyTorch's momentum is 1
# less Keras's.
NORM = {"momentum": 0.01, "eps": 1e-3}


def sayee_cnn() -> list:
    layers, channels = [], 1
    for filters in (32, 64):
        for _ in range(2):
            convolution = nn.Conv2d(channels, filters, 3, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(filters, **NORM), nn.ReLU()]
            channels = filters
        layers += [nn.MaxPool2d(2), nn.Dropout(0.25)]
    layers += [nn.Flatten(), nn.Linear(3136, 128, bias=False), nn.BatchNorm1d(128, **NORM)]
    return [*layers, nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)]


def mnist_example() -> list:
    """The network of PyTorch's own example "Basic MNIST Example"."""
    convolutions = [nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU()]
    pool = [nn.MaxPool2d(2), nn.Dropout(0.25), nn.Flatten()]
    dense = [nn.Linear(9216, 128), nn.ReLU(), nn.Dropout(0.5), nn.Linear(128, 10)]
    return [*convolutions, *pool, *dense]


def moved(images):
    """Rotate, shift and stretch each image at random, bilinear, borders repeated."""
    n = len(images)
    angle = torch.deg2rad(torch.empty(n).uniform_(-10, 10))
    shift = torch.empty(n, 2).uniform_(-0.2, 0.2)  # of half the side
    zoom = torch.empty(n, 2).uniform_(0.9, 1.1)
    cos, sin = angle.cos(), angle.sin()
    rows = [
        torch.stack([cos * zoom[:, 0], -sin * zoom[:, 1], shift[:, 0]], dim=1),
        torch.stack([sin * zoom[:, 0], cos * zoom[:, 1], shift[:, 1]], dim=1),
    ]
    grid = F.affine_grid(torch.stack(rows, dim=1), images.shape, align_corners=False)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)


BUILDERS = (base_cnn, complex_cnn, raj_cnn, raut_cnn, sayee_cnn, mnist_example)
model = nn.Sequential(*{b.__name__: b for b in BUILDERS}[given["network"]]())


def initialise(network: nn.Module) -> None:
    """Draw the weights as Keras does there: the same work also starts in the same way."""
    for layer in network:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            if given["network"] in ("base_cnn", "complex_cnn"):
                nn.init.kaiming_uniform_(layer.weight, nonlinearity="relu")
            else:
                nn.init.xavier_uniform_(layer.weight)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


if given["network"] != "mnist_example":  # that one starts as it is published
    initialise(model)
optimizers = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adadelta": torch.optim.Adadelta,
}
optimizer = optimizers[given["optimizer"]](model.parameters(), lr=given["learning_rate"])
decay = torch.optim.lr_scheduler.StepLR(optimizer, 1, given.get("decay", 1.0))


def tensor(images):
    """Return images (n, 1, 28, 28), standardised where the example does that."""
    scaled = torch.from_numpy(images)[:, None]
    return (scaled - 0.1307) / 0.3081 if given.get("standardised") else scaled


x, y = arrays(given)
x, y = tensor(x), torch.from_numpy(y)


def epoch() -> None:
    model.train()
    order = torch.randperm(len(x))
    for start in range(0, len(x), given["batch_size"]):
        rows = order[start : start + given["batch_size"]]
        images = moved(x[rows]) if given["augmented"] else x[rows]
        optimizer.zero_grad()
        F.cross_entropy(model(images), y[rows]).backward()
        optimizer.step()
    decay.step()


def accuracy(images, labels) -> float:
    model.eval()
    images, labels = tensor(images), torch.from_numpy(labels)
    with torch.no_grad():
        right = sum(
            int((model(images[i : i + 500]).argmax(1) == labels[i : i + 500]).sum())
            for i in range(0, len(images), 500)
        )
    return right / len(images)


serve(given, epoch, accuracy)
