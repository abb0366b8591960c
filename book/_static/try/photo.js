/* From a photograph of one digit to its ink: grey, paper, threshold, pieces. A short form of
   mnistlib/photos/find.py, which also reads several digits, ruled lines and hard shadows. */
(() => {
  "use strict";

  const SMALL = 32; // longer side of the thumbnail on which the paper's brightness is taken
  const LEAST_CONTRAST = 0.08;
  const STROKE = 2.6; // width of MNIST's strokes where the longer side is 20

  const quantile = (values, share) =>
    Float32Array.from(values).sort()[Math.min(values.length - 1, Math.floor(share * values.length))];

  /* Red, green, blue and opacity, 0 to 255, on white, to grey, 0 to 1. */
  const greyOf = (pixels) =>
    Float32Array.from({ length: pixels.length / 4 }, (_, i) => {
      const light = 0.299 * pixels[4 * i] + 0.587 * pixels[4 * i + 1] + 0.114 * pixels[4 * i + 2];
      return 1 - (pixels[4 * i + 3] / 255) * (1 - light / 255);
    });

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

  /* The paper's brightness at each pixel: the median around it, on a thumbnail. */
  const paperOf = (grey, height, width) => {
    const scale = Math.min(1, SMALL / Math.max(height, width));
    const [rows, columns] = [height, width].map((n) => Math.max(2, Math.round(scale * n)));
    const small = thumbnailOf(grey, height, width, rows, columns);
    const reach = Math.max(1, Math.floor((Math.min(rows, columns) * 3) / 16));
    const smooth = small.map((_, i) => {
      const [y, x] = [Math.floor(i / columns), i % columns];
      const around = [];
      for (let r = Math.max(0, y - reach); r <= Math.min(rows - 1, y + reach); r++) {
        const from = r * columns;
        const end = Math.min(columns - 1, x + reach);
        for (let c = Math.max(0, x - reach); c <= end; c++) around.push(small[from + c]);
      }
      return quantile(around, 0.5);
    });
    const at = (r, c) => smooth[r * columns + c];
    return grey.map((_, i) => {
      const axis = (n, from, to) => {
        const place = Math.min(to - 1, Math.max(0, ((n + 0.5) * to) / from - 0.5));
        const low = Math.min(to - 2, Math.floor(place));
        return [low, place - low];
      };
      const [r, v] = axis(Math.floor(i / width), height, rows);
      const [c, u] = axis(i % width, width, columns);
      const upper = at(r, c) * (1 - u) + at(r, c + 1) * u;
      const lower = at(r + 1, c) * (1 - u) + at(r + 1, c + 1) * u;
      return upper * (1 - v) + lower * v;
    });
  };

  /* How much each pixel differs from the paper towards ink, which is what stands out most. */
  const contrastOf = (grey, paper) => {
    const darkest = quantile(paper.map((p, i) => p - grey[i]), 0.99);
    const lightest = quantile(paper.map((p, i) => grey[i] - p), 0.99);
    const inkIsDark = darkest >= lightest;
    return grey.map((v, i) => {
      const p = paper[i];
      const ink = inkIsDark ? (p - v) / Math.max(p, 0.05) : (v - p) / Math.max(1 - p, 0.05);
      return Math.min(1, Math.max(0, ink));
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
        for (let r = Math.max(0, y - 1); r <= Math.min(height - 1, y + 1); r++) {
          for (let c = Math.max(0, x - 1); c <= Math.min(width - 1, x + 1); c++) {
            const next = r * width + c;
            if (mask[next] && !seen[next]) {
              seen[next] = 1;
              piece.pixels.push(next);
            }
          }
        }
      }
      pieces.push(piece);
    }
    return pieces.sort((a, b) => b.pixels.length - a.pixels.length);
  };

  /* Whether a piece is part of a digit: over its width, near it, and not another digit. */
  const belongs = (a, b) => {
    const shared = Math.min(a.right, b.right) - Math.max(a.left, b.left) + 1;
    const gap = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
    const narrow = Math.min(a.right - a.left, b.right - b.left) + 1;
    return shared > 0.5 * narrow && gap < 0.25 * (b.bottom - b.top + 1);
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

  /* Return the ink of a photograph's largest digit: {ink, height, width, others}, the last
     the number of other marks; null where nothing stands out from the paper. */
  const inkOf = (pixels, height, width) => {
    const grey = greyOf(pixels);
    const contrast = contrastOf(grey, paperOf(grey, height, width));
    const level = thresholdOf(contrast);
    const mask = Uint8Array.from(contrast, (v) => 255 * v >= level + 1);
    const strong = contrast.filter((_, i) => mask[i]);
    const weak = contrast.filter((_, i) => !mask[i]);
    if (!strong.length || !weak.length) return null;
    const mean = weak.reduce((a, b) => a + b, 0) / weak.length;
    const spread = Math.sqrt(weak.reduce((a, b) => a + (b - mean) ** 2, 0) / weak.length);
    const gap = quantile(strong, 0.5) - quantile(weak, 0.5);
    if (gap < Math.max(LEAST_CONTRAST, 4 * spread)) return null;
    const all = piecesOf(mask, height, width);
    const pieces = all.filter((p) => p.pixels.length >= 0.06 * all[0].pixels.length);
    const own = pieces.filter((p) => p === pieces[0] || belongs(p, pieces[0]));
    const kept = own.flatMap((p) => p.pixels);
    const [low, high] = [(0.6 * level) / 255, quantile(strong, 0.7)];
    const ink = new Float32Array(contrast.length);
    const take = (i) => {
      ink[i] = Math.min(1, Math.max(0, (contrast[i] - low) / Math.max(high - low, 1e-3)));
    };
    for (const p of kept) {
      const [y, x] = [Math.floor(p / width), p % width];
      for (let r = Math.max(0, y - 1); r <= Math.min(height - 1, y + 1); r++) {
        for (let c = Math.max(0, x - 1); c <= Math.min(width - 1, x + 1); c++) take(r * width + c);
      }
    }
    const side = Math.max(
      Math.max(...own.map((p) => p.bottom)) - Math.min(...own.map((p) => p.top)),
      Math.max(...own.map((p) => p.right)) - Math.min(...own.map((p) => p.left)),
    );
    const wide = widened(ink, height, width, kept, side + 1);
    return { ink: wide, height, width, others: pieces.length - own.length };
  };

  globalThis.mnistlib = Object.assign(globalThis.mnistlib ?? {}, { inkOf });
})();
