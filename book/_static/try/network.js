/* The forward pass of the networks that mnistlib/deploy/javascript.py writes, which says what
   each field means. Images are channels-last, as in Keras. */
(() => {
  "use strict";

  const bytesOf = (base64) => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0)).buffer;

  /* Whole numbers of 16 bits times a scale for each output. */
  const unpacked = ({ scale, values }) => {
    const scales = new Float32Array(bytesOf(scale));
    return Float32Array.from(new Int16Array(bytesOf(values)), (v, i) => v * scales[i % scales.length]);
  };

  /* Pixels of padding before an axis, and its length after the step. */
  const extent = (n, size, stride, padding) => {
    if (padding === "valid") return [0, Math.floor((n - size) / stride) + 1];
    const length = Math.ceil(n / stride);
    return [Math.floor(Math.max(0, (length - 1) * stride + size - n) / 2), length];
  };

  const KINDS = {
    conv(layer, { data, shape: [height, width, channels] }) {
      const [kh, kw, , out] = layer.shape;
      const [top, rows] = extent(height, kh, layer.strides[0], layer.padding);
      const [left, columns] = extent(width, kw, layer.strides[1], layer.padding);
      const result = new Float32Array(rows * columns * out);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          const sums = result.subarray((y * columns + x) * out, (y * columns + x + 1) * out);
          sums.set(layer.bias);
          for (let i = 0; i < kh; i++) {
            const row = y * layer.strides[0] + i - top;
            if (row < 0 || row >= height) continue;
            for (let j = 0; j < kw; j++) {
              const column = x * layer.strides[1] + j - left;
              if (column < 0 || column >= width) continue;
              for (let c = 0; c < channels; c++) {
                const value = data[(row * width + column) * channels + c];
                if (value === 0) continue; // after ReLU, many are
                const first = ((i * kw + j) * channels + c) * out;
                for (let o = 0; o < out; o++) sums[o] += value * layer.kernel[first + o];
              }
            }
          }
        }
      }
      return { data: result, shape: [rows, columns, out] };
    },

    dense(layer, { data }) {
      const out = layer.shape[1];
      const sums = Float32Array.from(layer.bias);
      data.forEach((value, i) => {
        if (value === 0) return;
        for (let o = 0; o < out; o++) sums[o] += value * layer.kernel[i * out + o];
      });
      return { data: sums, shape: [out] };
    },

    pool(layer, { data, shape: [height, width, channels] }) {
      const [rows, columns] = [height, width].map((n, axis) =>
        Math.floor((n - layer.size[axis]) / layer.strides[axis]) + 1);
      const result = new Float32Array(rows * columns * channels).fill(-Infinity);
      for (let y = 0; y < rows; y++) {
        for (let x = 0; x < columns; x++) {
          for (let i = 0; i < layer.size[0]; i++) {
            for (let j = 0; j < layer.size[1]; j++) {
              const from =
                ((y * layer.strides[0] + i) * width + x * layer.strides[1] + j) * channels;
              for (let c = 0; c < channels; c++) {
                const to = (y * columns + x) * channels + c;
                if (data[from + c] > result[to]) result[to] = data[from + c];
              }
            }
          }
        }
      }
      return { data: result, shape: [rows, columns, channels] };
    },

    mean(_, { data, shape: [height, width, channels] }) {
      const sums = new Float64Array(channels);
      data.forEach((value, i) => { sums[i % channels] += value; });
      return { data: Float32Array.from(sums, (sum) => sum / (height * width)), shape: [channels] };
    },

    affine(layer, { data, shape }) {
      const n = layer.bias.length;
      return { data: data.map((v, i) => v * layer.scale[i % n] + layer.bias[i % n]), shape };
    },

    relu: (_, { data, shape }) => ({ data: data.map((v) => (v > 0 ? v : 0)), shape }),

    flatten: (_, { data }) => ({ data, shape: [data.length] }),

    softmax(_, { data, shape }) {
      const most = Math.max(...data);
      const powers = Float64Array.from(data, (v) => Math.exp(v - most));
      const sum = powers.reduce((a, b) => a + b, 0);
      return { data: Float32Array.from(powers, (v) => v / sum), shape };
    },
  };

  /* Return a function from 28 x 28 ink to what a network says of it. */
  const readerOf = (network) => {
    const layers = network.layers.map((layer) => {
      if (!Object.hasOwn(KINDS, layer.kind)) {
        throw new Error(`a layer must be one of ${Object.keys(KINDS)}. Received: ${layer.kind}`);
      }
      const numbers = {};
      if (layer.kernel) numbers.kernel = unpacked(layer.kernel);
      for (const name of ["bias", "scale"]) {
        if (layer[name]) numbers[name] = new Float32Array(bytesOf(layer[name]));
      }
      return { ...layer, ...numbers };
    });
    return (image) =>
      layers.reduce((state, layer) => KINDS[layer.kind](layer, state), {
        data: image,
        shape: [28, 28, 1],
      }).data;
  };

  globalThis.mnistlib = Object.assign(globalThis.mnistlib ?? {}, { readerOf });
})();
