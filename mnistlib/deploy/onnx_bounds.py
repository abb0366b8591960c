"""What an ONNX file declares, read without loading it: protobuf's own reader, few fields.

The package ``onnx`` would do, but the service does without it. ONNX Runtime loads whatever
it is given: networks that run for ever, weights that lie in other files, and functions
that unfold to far more than their file.

Not bounded is what an operation makes of little: ConstantOfShape, Expand or Tile may ask
for more memory than there is. The file is one that whoever starts the service chose.
"""

from functools import cache
from math import prod

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from mnistlib.deploy.bounds import MOST_OPERATIONS, MOST_PARAMETERS

_MANY = "repeated"
# Message -> field -> number, type, as in onnx.proto; what is not named is left unread.
_MESSAGES = {
    "Model": {"graph": (7, "Graph"), "functions": (25, "Any", _MANY)},
    "Graph": {
        "node": (1, "Node", _MANY),
        "initializer": (5, "Tensor", _MANY),
        "input": (11, "Any", _MANY),
        "output": (12, "Any", _MANY),
        "sparse_initializer": (15, "Any", _MANY),
    },
    "Node": {"attribute": (5, "Attribute", _MANY)},
    "Attribute": {
        "tensor": (5, "Tensor"),
        "graph": (6, "Any"),
        "tensors": (10, "Tensor", _MANY),
        "graphs": (11, "Any", _MANY),
        "sparse_tensor": (22, "Any"),
        "sparse_tensors": (23, "Any", _MANY),
    },
    "Tensor": {"dims": (1, "int64", _MANY), "data_location": (14, "int64")},
    "Any": {},
}


@cache
def _model() -> type:
    """Return protobuf's class for a model."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="mnistlib_onnx_bounds.proto", package="mnistlib_onnx_bounds", syntax="proto2"
    )
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for name, (number, kind, *many) in fields.items():
            field = described.field.add(name=name, number=number, type=kinds.TYPE_INT64)
            field.label = kinds.LABEL_REPEATED if many else kinds.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type = kinds.TYPE_MESSAGE
                field.type_name = f".{file.package}.{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    model = pool.FindMessageTypeByName(f"{file.package}.Model")
    return message_factory.GetMessageClass(model)


def beyond(content: bytes) -> str:
    """Return in words which bound an ONNX file breaks; "" for none."""
    try:
        model = _model().FromString(content)
    except DecodeError:
        return "no ONNX file"
    graph = model.graph
    tensors, n_sparse = [*graph.initializer], len(graph.sparse_initializer)
    for node in graph.node:
        for attribute in node.attribute:
            if attribute.HasField("graph") or attribute.graphs:
                return "loops or branches, which may run for ever"
            tensors += [attribute.tensor, *attribute.tensors]
            n_sparse += attribute.HasField("sparse_tensor") + len(attribute.sparse_tensors)
    if model.functions or n_sparse:
        return "functions or sparse weights"
    if any(tensor.data_location for tensor in tensors):
        return "weights in another file"
    if len(graph.node) > MOST_OPERATIONS:
        return f"{len(graph.node)} operations, and at most {MOST_OPERATIONS} are taken"
    n = sum(prod(tensor.dims) for tensor in tensors if tensor.dims)
    if n > MOST_PARAMETERS or any(size < 0 for one in tensors for size in one.dims):
        return f"{n} parameters, and at most {MOST_PARAMETERS} are taken"
    if not graph.node or (len(graph.input), len(graph.output)) != (1, 1):
        return f"{len(graph.input)} inputs and {len(graph.output)} outputs, not one of each"
    return ""
