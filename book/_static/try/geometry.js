/* MNIST's geometry: the arithmetic of mnistlib/photos/geometry.py, to the last rounding. */
(() => {
  "use strict";

  const SIDE = 28;
  const BOX = 20; // the longer side of a digit
  const CENTRE = 14; // index of the pixel on which the centre of mass comes to lie

  const rounded = (x) => Math.floor(x + 0.5);

  /* The weights of one axis: a triangle as wide as the scale, as Pillow's BILINEAR has it. */
  const triangle = (from, to) => {
    const scale = from / to;
    const support = Math.max(1, scale);
    return Array.from({ length: to }, (_, i) => {
      const centre = (i + 0.5) * scale;
      const first = Math.max(0, Math.trunc(centre - support + 0.5));
      const end = Math.min(from, Math.trunc(centre + support + 0.5));
      const weights = [];
      for (let x = first; x < end; x++) {
        weights.push(Math.max(0, 1 - Math.abs((x - centre + 0.5) / support)));
      }
      const sum = weights.reduce((a, b) => a + b, 0);
      return { first, weights: weights.map((w) => w / sum) };
    });
  };

  /* Resize the rows of an image, (height, from) to (height, to). */
  const resizeRows = (image, height, from, to) => {
    if (from === to) return image;
    const parts = triangle(from, to);
    const out = new Float32Array(height * to);
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < to; i++) {
        const { first, weights } = parts[i];
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += image[y * from + first + k] * weights[k];
        out[y * to + i] = sum;
      }
    }
    return out;
  };

  const transposed = (image, height, width) => {
    const out = new Float32Array(image.length);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) out[x * height + y] = image[y * width + x];
    }
    return out;
  };

  const resize = (image, height, width, newHeight, newWidth) => {
    const wide = transposed(resizeRows(image, height, width, newWidth), height, newWidth);
    return transposed(resizeRows(wide, newWidth, height, newHeight), newWidth, newHeight);
  };

  /* Where the box begins along an axis, given the mass of its rows or columns. */
  const start = (mass) => {
    let sum = 0;
    let moment = 0;
    mass.forEach((m, i) => {
      sum += m;
      moment += m * i;
    });
    return Math.min(Math.max(rounded(CENTRE - moment / sum), 0), SIDE - mass.length);
  };

  /* Return ink, 0 to 1, row by row, as a Float32Array of 28 x 28; null where there is none. */
  const toMnist = (ink, height, width, threshold = 0) => {
    let [top, bottom, left, right] = [height, -1, width, -1];
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (ink[y * width + x] > threshold) {
          top = Math.min(top, y);
          bottom = y;
          left = Math.min(left, x);
          right = Math.max(right, x);
        }
      }
    }
    if (bottom < 0) return null;
    const [h, w] = [bottom - top + 1, right - left + 1];
    let digit = new Float32Array(h * w);
    for (let y = 0; y < h; y++) {
      for (let x = 0; x < w; x++) {
        const value = ink[(top + y) * width + left + x];
        digit[y * w + x] = value > threshold ? Math.min(1, Math.max(0, value)) : 0;
      }
    }
    const scale = BOX / Math.max(h, w);
    const [rows, columns] = [h, w].map((n) => Math.max(1, rounded(scale * n)));
    if (rows !== h || columns !== w) {
      digit = resize(digit, h, w, rows, columns).map((v) => Math.min(1, Math.max(0, v)));
    }
    const byRow = new Float64Array(rows);
    const byColumn = new Float64Array(columns);
    digit.forEach((v, i) => {
      byRow[Math.floor(i / columns)] += v;
      byColumn[i % columns] += v;
    });
    const [y0, x0] = [start(byRow), start(byColumn)];
    const image = new Float32Array(SIDE * SIDE);
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        image[(y0 + y) * SIDE + x0 + x] = digit[y * columns + x];
      }
    }
    return image;
  };

  globalThis.mnistlib = Object.assign(globalThis.mnistlib ?? {}, { SIDE, toMnist });
})();
