// The chain of filters, evaluated at a few pixels: the same arithmetic as cnnviz.convolution, in doubles.
// It serves the pixel lens and the exact close-up; the browser tests compare it with the backend.

const LUMINANCE = [0.299, 0.587, 0.114]; // Rec. 601, as in cnnviz.images
const ALL_CHANNELS = 3; // stands for the luminance of a colour picture

const modulo = (a, n) => ((a % n) + n) % n;

// Where a row (or column) outside 0..size-1 is read from; -1 stands for the number zero.
function borderIndex(index, size, border) {
  if (index >= 0 && index < size) return index;
  if (border === "replicate") return Math.min(Math.max(index, 0), size - 1);
  if (border === "circular") return modulo(index, size);
  if (border === "reflect") {
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const folded = modulo(index, period);
    return folded < size ? folded : period - folded;
  }
  return -1;
}

// For output positions `outputs` along one axis: the distinct input positions they read (`needed`), and for
// output o and kernel index k the place `at[o * length + k]` of its input in that list, -1 for a zero.
function gather(outputs, { length, stride, dilation, before, size }, border) {
  const place = new Map();
  const needed = [];
  const at = new Int32Array(outputs.length * length);
  for (let o = 0; o < outputs.length; o++) {
    for (let k = 0; k < length; k++) {
      const index = borderIndex(outputs[o] * stride - before + k * dilation, size, border);
      if (index >= 0 && !place.has(index)) {
        place.set(index, needed.length);
        needed.push(index);
      }
      at[o * length + k] = index < 0 ? -1 : place.get(index);
    }
  }
  return { needed, at, length };
}

class Chain {
  // picture: {rows, columns, levels (row-major RGB integers), top (the level of white)}
  // plan: {border, luminance, steps: [{kind, rows: axis, columns: axis, weights, ...}]}
  constructor(picture, plan) {
    this.picture = picture;
    this.plan = plan;
    this.steps = plan.steps;
  }

  channels(n) {
    if (this.plan.luminance) return 1;
    return this.steps.slice(0, n).some((step) => step.kind === "gradient" || step.kind === "canny") ? 1 : 3;
  }

  // Luminance may be taken before or after a linear filter, but not before a median.
  isLinear(n) {
    return this.steps.slice(0, n).every((step) => step.kind === "linear");
  }

  // Can the result of step n be computed pixel by pixel? Canny follows edges across the whole picture.
  isLocal(n) {
    return !this.steps.slice(0, n).some((step) => step.kind === "canny");
  }

  // Rough number of multiply-adds for one pixel of the result of step n.
  cost(n = this.steps.length) {
    let rows = 1;
    let columns = 1;
    let total = 0;
    for (const step of this.steps.slice(0, n).reverse()) {
      total += rows * columns * step.rows.length * step.columns.length;
      rows = (rows - 1) * step.rows.stride + (step.rows.length - 1) * step.rows.dilation + 1;
      columns = (columns - 1) * step.columns.stride + (step.columns.length - 1) * step.columns.dilation + 1;
    }
    return total;
  }

  // First and last input row and column (unclipped) that the final pixel (row, column) depends on.
  receptiveField(row, column, from = this.steps.length) {
    let [top, bottom, left, right] = [row, row, column, column];
    for (const step of this.steps.slice(0, from).reverse()) {
      top = top * step.rows.stride - step.rows.before;
      bottom = bottom * step.rows.stride - step.rows.before + (step.rows.length - 1) * step.rows.dilation;
      left = left * step.columns.stride - step.columns.before;
      right = right * step.columns.stride - step.columns.before + (step.columns.length - 1) * step.columns.dilation;
    }
    return { top, bottom, left, right };
  }

  // Values after step n (0: the picture itself) at rows x columns, row-major, as Float64Array.
  values(n, rows, columns, channel) {
    if (n === 0) return this.pictureValues(rows, columns, this.plan.luminance ? ALL_CHANNELS : channel);
    if (channel === ALL_CHANNELS && !this.isLinear(n)) return this.luminanceValues(n, rows, columns);
    const step = this.steps[n - 1];
    const read = this.patches(n, rows, columns, channel);
    const guide = step.kind === "bilateral" ? this.guide(n, rows, columns, channel) : null;
    const out = new Float64Array(rows.length * columns.length);
    for (let o = 0, r = 0; r < rows.length; r++) {
      for (let c = 0; c < columns.length; c++, o++) out[o] = reduce(step, read(r, c), guide?.(r, c));
    }
    return out;
  }

  pictureValues(rows, columns, channel) {
    const { levels, top, columns: width } = this.picture;
    const out = new Float64Array(rows.length * columns.length);
    for (let o = 0, r = 0; r < rows.length; r++) {
      for (let c = 0; c < columns.length; c++, o++) {
        const i = (rows[r] * width + columns[c]) * 3;
        out[o] = channel < ALL_CHANNELS ? levels[i + channel] / top : luminance(levels, i) / top;
      }
    }
    return out;
  }

  // Luminance (or the only channel) after step n.
  luminanceValues(n, rows, columns) {
    if (this.channels(n) === 1) return this.values(n, rows, columns, 0);
    if (n === 0) return this.pictureValues(rows, columns, ALL_CHANNELS);
    const out = new Float64Array(rows.length * columns.length);
    LUMINANCE.forEach((share, channel) => {
      this.values(n, rows, columns, channel).forEach((value, i) => (out[i] += share * value));
    });
    return out;
  }

  // The patches of step n's input that the outputs at rows x columns are made of.
  patches(n, rows, columns, channel) {
    const step = this.steps[n - 1];
    const down = gather(rows, step.rows, this.plan.border);
    const across = gather(columns, step.columns, this.plan.border);
    const source = step.kind === "gradient"
      ? this.luminanceValues(n - 1, down.needed, across.needed)
      : this.values(n - 1, down.needed, across.needed, channel);
    const width = across.needed.length;
    const patch = new Float64Array(down.length * across.length);
    return (r, c) => {
      for (let o = 0, i = 0; i < down.length; i++) {
        const y = down.at[r * down.length + i];
        for (let j = 0; j < across.length; j++, o++) {
          const x = across.at[c * across.length + j];
          patch[o] = y < 0 || x < 0 ? 0 : source[y * width + x];
        }
      }
      return patch; // the same array each time: copy it to keep it
    };
  }

  // What a bilateral filter compares: the patches of all channels at once, [channel][cell].
  guide(n, rows, columns, channel) {
    const channels = this.channels(n - 1) === 3 ? [0, 1, 2] : [channel];
    const readers = channels.map((each) => this.patches(n, rows, columns, each));
    return (r, c) => readers.map((read) => read(r, c));
  }

  // One output pixel taken apart: its patch, which cells of it lie outside, and the result.
  window(n, row, column, channel) {
    const step = this.steps[n - 1];
    const patch = Float64Array.from(this.patches(n, [row], [column], channel)(0, 0));
    const guide = step.kind === "bilateral" ? this.guide(n, [row], [column], channel)(0, 0) : null;
    const outside = new Uint8Array(patch.length);
    for (let o = 0, i = 0; i < step.rows.length; i++) {
      const y = row * step.rows.stride - step.rows.before + i * step.rows.dilation;
      for (let j = 0; j < step.columns.length; j++, o++) {
        const x = column * step.columns.stride - step.columns.before + j * step.columns.dilation;
        outside[o] = y < 0 || x < 0 || y >= step.rows.size || x >= step.columns.size ? 1 : 0;
      }
    }
    const weights = step.kind === "bilateral" ? bilateralWeights(step, guide) : step.weights;
    return { step, patch, outside, weights, result: reduce(step, patch, guide) };
  }
}

const luminance = (levels, i) =>
  LUMINANCE[0] * levels[i] + LUMINANCE[1] * levels[i + 1] + LUMINANCE[2] * levels[i + 2];

const dot = (weights, patch) => {
  let sum = 0;
  for (let i = 0; i < patch.length; i++) sum += weights[i] * patch[i];
  return sum;
};

// One number from a patch, by the kind of step.
function reduce(step, patch, guide) {
  if (step.kind === "linear") return dot(step.weights, patch);
  if (step.kind === "gradient") return Math.hypot(dot(step.weights, patch), dot(step.weightsY, patch));
  if (step.kind === "median") return Float64Array.from(patch).sort()[(patch.length - 1) / 2];
  if (step.kind === "bilateral") return dot(bilateralWeights(step, guide), patch);
  return NaN;
}

// Tomasi and Manduchi (1998): nearness in space times nearness in value, summing to one. Colours differ by
// the sum of their channels' differences, as OpenCV counts it.
function bilateralWeights(step, guide) {
  const middle = (guide[0].length - 1) / 2;
  const weights = step.weights.map((near, i) => {
    let distance = 0;
    for (const patch of guide) distance += Math.abs(patch[i] - patch[middle]);
    return near * Math.exp(-(distance ** 2) / (2 * step.sigmaRange ** 2));
  });
  const total = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / total);
}
