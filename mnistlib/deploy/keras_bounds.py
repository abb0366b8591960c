"""What a ``.keras`` file declares, before Keras makes weights of it."""

from math import prod

from mnistlib.deploy.bounds import MOST_PARAMETERS

# Those that the builders of `mnistlib.models` use. Every exporter knows them.
LAYERS = {
    "Activation",
    "AveragePooling2D",
    "BatchNormalization",
    "Conv2D",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "InputLayer",
    "MaxPooling2D",
    "ReLU",
    "SeparableConv2D",
    "Softmax",
}
# What a layer may declare at most; weights that do not fit the rest fail at the loading.
_MOST_LAYERS, _MOST_UNITS = 200, 4096
_SIZES = ("units", "filters", "kernel_size", "pool_size", "strides", "depth_multiplier")
# What decides the shape that a layer gives, and its number of weights.
_DECIDES = (
    *(*_SIZES, "padding", "data_format", "dilation_rate", "groups"),
    *("axis", "use_bias", "center", "scale", "keepdims"),
)
# Those that give the shape they get, and have no weights.
_PLAIN = {"Activation", "Dropout", "ReLU", "Softmax"}
_INPUT = [None, 28, 28, 1]


def beyond(network: dict) -> str:
    """Return in words which bound the description of a network breaks; "" for nothing.

    Args:
        network: what ``config.json`` of the file holds.

    Raises:
        LookupError, TypeError, ValueError, AttributeError: it describes no network.
    """
    layers = network["config"]["layers"]
    if len(layers) > _MOST_LAYERS:
        return f"{len(layers)} layers, and at most {_MOST_LAYERS} are taken"
    inputs = [one["config"] for one in layers if one["class_name"] == "InputLayer"]
    if len(inputs) != 1 or layers[0]["class_name"] != "InputLayer":
        return f"{len(inputs)} input layers, not one, at the start"
    built = network["config"].get("build_input_shape", _INPUT)
    for shape in (inputs[0].get("batch_shape"), built):
        if shape != _INPUT:
            return f"an input of {str(shape)[:100]}"
    for layer in layers:
        config = layer["config"]
        if config.get("lora_rank"):
            return "weights of low rank beside its own"
        for name in _SIZES:
            sizes = config.get(name) or 1
            for size in sizes if isinstance(sizes, list) else [sizes]:
                if not isinstance(size, int) or not 0 < size <= _MOST_UNITS:
                    return f"{name}={str(size)[:100]}, and at most {_MOST_UNITS} is taken"
    return "" if _in_a_row(network["class_name"], layers) else "layers that are in no row"


def _in_a_row(kind: str, layers: list[dict]) -> bool:
    """Tell whether each layer takes what the one before it gives."""
    if kind == "Sequential":
        return True
    names = [layer["name"] for layer in layers]
    taken = [
        [given["config"]["keras_history"] for given in node["args"]]
        for layer in layers[1:]
        for node in layer["inbound_nodes"]
    ]
    return (
        kind == "Functional"
        and len(set(names)) == len(names)
        and taken == [[[name, 0, 0]] for name in names[:-1]]
    )


def too_many(layers: list[dict]) -> str:
    """Return in words that layers have too many parameters; "" where they have not.

    Keras says which shape a layer gives, and makes no weights for it.

    Args:
        layers: as `beyond` lets them pass.

    Raises:
        Exception: Keras's, of a layer that cannot be.
    """
    import keras

    shape, n = tuple(_INPUT), 0
    for described in layers[1:]:
        config, kind = described["config"], described["class_name"]
        # Keras would build the layer for this one.
        built = described.get("build_config") or {"input_shape": list(shape)}
        if built != {"input_shape": list(shape)}:
            return f"a layer built for {str(built)[:100]}, which gets {list(shape)}"
        if kind in _PLAIN:
            continue
        given = {name: config[name] for name in _DECIDES if name in config}
        layer = getattr(keras.layers, kind)(**given)
        n += _parameters(layer, shape)
        if n > MOST_PARAMETERS:
            return f"{n} parameters or more, and at most {MOST_PARAMETERS} are taken"
        shape = layer.compute_output_shape(shape)
    return ""


def _parameters(layer, shape: tuple) -> int:
    """Return how many parameters a layer has for an input."""
    import keras

    match layer:
        case keras.layers.Dense():
            return (shape[-1] + bool(layer.use_bias)) * layer.units
        case keras.layers.Conv2D():
            inputs = _channels(layer, shape) // layer.groups
            inputs *= prod(layer.kernel_size)
            return (inputs + bool(layer.use_bias)) * layer.filters
        case keras.layers.SeparableConv2D():
            between = _channels(layer, shape) * layer.depth_multiplier
            points = (between + bool(layer.use_bias)) * layer.filters
            return prod(layer.kernel_size) * between + points
        case keras.layers.BatchNormalization():
            return (2 + bool(layer.center) + bool(layer.scale)) * shape[layer.axis]
    return 0


def _channels(layer, shape: tuple) -> int:
    return shape[-1] if layer.data_format == "channels_last" else shape[1]
