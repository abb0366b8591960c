/* From a photograph of one digit to its ink: grey, paper, threshold, pieces. A short form of
   mnistlib/photos/find.py, which also reads several digits and takes ruled lines out. */
(() => {
  "use strict";

  const LEAST_SIDE = 8; // of a photograph
  const SMALL = 32; // longer side of the thumbnail on which the paper's brightness is taken
  const LEAST_CONTRAST = 0.08;
  const STROKE = 2.6; // width of MNIST's strokes where the longer side is 20

  const within = (n, low, high) => Math.min(high, Math.max(low, n));

  const quantile = (values, share) =>
    Float32Array.from(values).sort()[Math.min(values.length - 1, Math.floor(share * values.length))];

  const spreadOf = (values) => {
    const mean = values.reduce((a, b) => a + b, 0) / values.length;
    return Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  };

  /* The indices of the pixels of a square around a pixel. */
  const around = (pixel, reach, height, width) => {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const end = Math.min(width - 1, x + reach);
    const found = [];
    for (let r = Math.max(0, y - reach); r <= Math.min(height - 1, y + reach); r++) {
      for (let c = Math.max(0, x - reach); c <= end; c++) found.push(r * width + c);
    }
    return found;
  };

  /* Red, green, blue and opacity, 0 to 255, on white, to grey, 0 to 1. */
  const greyOf = (pixels) =>
    Float32Array.from({ length: pixels.length / 4 }, (_, i) => {
      const light = 0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2];
      return 1 - (pixels[4 * i + 3] / 255) * (1 - light / 255);
    });

  /* A light blur against the sensor's noise: Gaussian, along rows and then along columns. */
  const smoothed = (grey, height, width) => {
    const sigma = Math.max(0.6, Math.max(height, width) / 400);
    const reach = Math.round(4 * sigma);
    const bell = Array.from({ length: 2 * reach + 1 }, (_, k) =>
      Math.exp(-((k - reach) ** 2) / (2 * sigma ** 2)));
    const sum = bell.reduce((a, b) => a + b);
    const along = (values, n, step) =>
      values.map((_, i) => {
        const at = Math.floor(i / step) % n;
        let mean = 0;
        bell.forEach((weight, k) => {
          mean += weight * values[i + (within(at + k - reach, 0, n - 1) - at) * step];
        });
        return mean / sum;
      });
    return along(along(grey, width, 1), height, width);
  };

  const thumbnailOf = (grey, height, width, rows, columns) => {
    const out = new Float32Array(rows * columns);
    const counts = new Float32Array(rows * columns);
    grey.forEach((v, i) => {
      const row = Math.floor((Math.floor(i / width) * rows) / height);
      const to = row * columns + Math.floor(((i % width) * columns) / width);
      out[to] += v;
      counts[to] += 1;
    });
    return out.map((v, i) => v / counts[i]);
  };

  const determinant = ([[a, b, c], [d, e, f], [g, h, i]]) =>
    a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);

  /* The plane through most of a picture's brightness, by least squares: a function of a row
     and a column. */
  const slopeOf = (values, columns) => {
    const places = Array.from(values, (_, i) => [1, Math.floor(i / columns), i % columns]);
    let kept = values.map(() => 1);
    let slope;
    for (let round = 0; round < 2; round++) { // the second time without ink
      const left = [0, 1, 2].map(() => [0, 0, 0]);
      const right = [0, 0, 0];
      places.forEach((place, i) => {
        place.forEach((p, r) => {
          right[r] += kept[i] * p * values[i];
          place.forEach((q, c) => (left[r][c] += kept[i] * p * q));
        });
      });
      const [level, down, along] = right.map((_, k) =>
        determinant(left.map((row, r) => row.map((v, c) => (c === k ? right[r] : v)))) /
        determinant(left));
      slope = (row, column) => level + down * row + along * column;
      const away = values.map((v, i) => Math.abs(v - slope(places[i][1], places[i][2])));
      const most = 2 * Math.max(spreadOf(away), 1e-6);
      kept = away.map((v) => Number(v <= most));
    }
    return slope;
  };

  /* The paper's brightness at each pixel: a slope, and the median around it, on a thumbnail.
     The slope is taken out first: at the picture's rim the median has but one side. */
  const paperOf = (grey, height, width) => {
    const scale = Math.min(1, SMALL / Math.max(height, width));
    const [rows, columns] = [height, width].map((n) => Math.max(2, Math.round(scale * n)));
    const small = thumbnailOf(grey, height, width, rows, columns);
    const slope = slopeOf(small, columns);
    const rest = small.map((v, i) => v - slope(Math.floor(i / columns), i % columns));
    const reach = Math.max(1, Math.floor((Math.min(rows, columns) * 3) / 16));
    const smooth = rest.map((_, i) =>
      quantile(around(i, reach, rows, columns).map((k) => rest[k]), 0.5));
    const at = (r, c) => smooth[r * columns + c];
    const axis = (n, from, to) => {
      const place = ((n + 0.5) * to) / from - 0.5;
      const low = within(Math.floor(place), 0, to - 2);
      return [place, low, within(place - low, 0, 1)];
    };
    return grey.map((_, i) => {
      const [y, r, v] = axis(Math.floor(i / width), height, rows);
      const [x, c, u] = axis(i % width, width, columns);
      const upper = at(r, c) * (1 - u) + at(r, c + 1) * u;
      const lower = at(r + 1, c) * (1 - u) + at(r + 1, c + 1) * u;
      return within(slope(y, x) + upper * (1 - v) + lower * v, 0, 1);
    });
  };

  /* How much each pixel differs from the paper towards ink, which is what stands out most. */
  const contrastOf = (grey, paper) => {
    const darkest = quantile(paper.map((p, i) => p - grey[i]), 0.998);
    const lightest = quantile(paper.map((p, i) => grey[i] - p), 0.998);
    const inkIsDark = darkest >= lightest;
    return grey.map((v, i) => {
      const p = paper[i];
      const ink = inkIsDark ? (p - v) / Math.max(p, 0.05) : (v - p) / Math.max(1 - p, 0.05);
      return within(ink, 0, 1);
    });
  };

  /* Otsu's threshold: the level that parts paper and ink best. */
  const thresholdOf = (contrast) => {
    const counts = new Float64Array(256);
    for (const v of contrast) counts[Math.floor(255 * v)] += 1;
    const total = contrast.length;
    const sum = counts.reduce((a, n, level) => a + n * level, 0);
    let [below, sumBelow, best, level] = [0, 0, -1, 0];
    for (let i = 0; i < 256; i++) {
      below += counts[i];
      sumBelow += i * counts[i];
      if (!below || below === total) continue;
      const gap = sumBelow / below - (sum - sumBelow) / (total - below);
      const between = below * (total - below) * gap * gap;
      if (between > best) [best, level] = [between, i];
    }
    return level;
  };

  /* The connected pieces of a mask: the pixels of each, and its box. */
  const piecesOf = (mask, height, width) => {
    const seen = new Uint8Array(mask.length);
    const pieces = [];
    for (let first = 0; first < mask.length; first++) {
      if (!mask[first] || seen[first]) continue;
      const piece = { pixels: [first], top: height, bottom: 0, left: width, right: 0 };
      seen[first] = 1;
      for (let k = 0; k < piece.pixels.length; k++) {
        const [y, x] = [Math.floor(piece.pixels[k] / width), piece.pixels[k] % width];
        piece.top = Math.min(piece.top, y);
        piece.bottom = Math.max(piece.bottom, y);
        piece.left = Math.min(piece.left, x);
        piece.right = Math.max(piece.right, x);
        for (const next of around(piece.pixels[k], 1, height, width)) {
          if (mask[next] && !seen[next]) {
            seen[next] = 1;
            piece.pixels.push(next);
          }
        }
      }
      pieces.push(piece);
    }
    return pieces;
  };

  const heightOf = (piece) => piece.bottom - piece.top + 1;

  /* Whether a piece is part of a digit: over or under it, and near. */
  const belongs = (a, b, tall) => {
    const shared = Math.min(a.right, b.right) - Math.max(a.left, b.left) + 1;
    const narrow = Math.min(a.right - a.left, b.right - b.left) + 1;
    const gap = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom) - 1;
    const whole = Math.max(a.bottom, b.bottom) - Math.min(a.top, b.top) + 1;
    const isNear = gap < 0.1 * tall || (gap < 0.25 * tall && whole <= 1.25 * tall);
    return shared > 0.5 * narrow && isNear;
  };

  /* Pieces that are no specks, put together to digits, the largest first. What the picture
     cuts off is no whole digit: it is left out where there is another. */
  const digitsOf = (pieces, height, width) => {
    const tall = pieces.reduce((most, p) => Math.max(most, heightOf(p)), 0);
    const large = pieces.reduce((most, p) => Math.max(most, p.pixels.length), 0);
    const kept = pieces.filter((p) =>
      p.pixels.length >= 0.06 * large && heightOf(p) >= Math.max(5, 0.12 * tall));
    const whole = kept.filter((p) =>
      p.top > 0 && p.left > 0 && p.bottom < height - 1 && p.right < width - 1);
    const digits = [];
    for (const piece of (whole.length ? whole : kept).sort((a, b) => heightOf(b) - heightOf(a))) {
      const home = digits.find((digit) => digit.some((other) => belongs(piece, other, tall)));
      if (home) home.push(piece);
      else digits.push([piece]);
    }
    const inkOfAll = (digit) => digit.reduce((n, p) => n + p.pixels.length, 0);
    return { digits: digits.sort((a, b) => inkOfAll(b) - inkOfAll(a)), areCut: !whole.length };
  };

  /* Return ink with its strokes widened to MNIST's, where they are thinner. */
  const widened = (ink, height, width, pixels, side) => {
    const inside = new Uint8Array(ink.length);
    for (const p of pixels) inside[p] = 1;
    let edges = 0;
    for (const p of pixels) {
      for (const step of [-1, 1, -width, width]) edges += !inside[p + step];
    }
    const stroke = (2 * pixels.length) / Math.max(1, 0.8 * edges);
    const reach = Math.round((STROKE * side) / 20 - stroke) / 2;
    if (reach < 0.5) return ink;
    const steps = [];
    for (let y = -Math.floor(reach); y <= reach; y++) {
      for (let x = -Math.floor(reach); x <= reach; x++) {
        if (x * x + y * y <= reach * reach) steps.push([y, x]);
      }
    }
    const out = Float32Array.from(ink);
    ink.forEach((v, i) => {
      if (!v) return;
      const [row, column] = [Math.floor(i / width), i % width];
      for (const [y, x] of steps) {
        const [r, c] = [row + y, column + x];
        if (r < 0 || c < 0 || r >= height || c >= width) continue;
        if (v > out[r * width + c]) out[r * width + c] = v;
      }
    });
    return out;
  };

  /* Return the ink of a photograph's largest digit: {ink, height, width, others, isCut}, the
     number of other marks, and whether the picture's edge cuts it; null where nothing stands
     out from the paper. */
  const inkOf = (pixels, height, width) => {
    if (Math.min(height, width) < LEAST_SIDE) return null;
    const grey = smoothed(greyOf(pixels), height, width);
    const contrast = contrastOf(grey, paperOf(grey, height, width));
    const level = thresholdOf(contrast);
    const mask = Uint8Array.from(contrast, (v) => 255 * v >= level + 1);
    const strong = contrast.filter((_, i) => mask[i]);
    const weak = contrast.filter((_, i) => !mask[i]);
    if (!strong.length || !weak.length) return null;
    const gap = quantile(strong, 0.5) - quantile(weak, 0.5);
    if (gap < Math.max(LEAST_CONTRAST, 4 * spreadOf(weak))) return null;
    const { digits, areCut } = digitsOf(piecesOf(mask, height, width), height, width);
    if (!digits.length) return null;
    const [own] = digits;
    const kept = own.flatMap((p) => p.pixels);
    const [low, high] = [(0.6 * level) / 255, quantile(strong, 0.7)];
    const ink = new Float32Array(contrast.length);
    for (const i of kept.flatMap((p) => around(p, 1, height, width))) {
      ink[i] = within((contrast[i] - low) / Math.max(high - low, 1e-3), 0, 1);
    }
    const extent = (first, last) =>
      Math.max(...own.map((p) => p[last])) - Math.min(...own.map((p) => p[first])) + 1;
    const side = Math.max(extent("top", "bottom"), extent("left", "right"));
    const wide = widened(ink, height, width, kept, side);
    return { ink: wide, height, width, others: digits.length - 1, isCut: areCut };
  };

  globalThis.mnistlib = Object.assign(globalThis.mnistlib ?? {}, { inkOf });
})();
