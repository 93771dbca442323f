// A trained network, computed layer by layer. Python sends the layers (cnnviz.networks.plain) with their weights as
// float32; a picture or a map is {channels, rows, columns, values}, values row by row, channel after channel.

const ACTIVATIONS = {
  relu: () => (x) => Math.max(x, 0),
  leaky_relu: ({ negative_slope }) => (x) => (x < 0 ? negative_slope * x : x),
  tanh: () => Math.tanh,
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  elu: ({ alpha }) => (x) => (x < 0 ? alpha * Math.expm1(x) : x),
  silu: () => (x) => x / (1 + Math.exp(-x)),
};

class PlainNetwork {
  // steps: [{name, kind, …numbers, weight: {start, shape}, bias: {start, shape}}]; weights: all of them, one by one.
  constructor({ steps, input }, weights) {
    this.input = input; // {rows, columns, mean, std}
    this.steps = steps.map((step) => ({ ...step, weight: part(weights, step.weight), bias: part(weights, step.bias), shape: step.weight?.shape }));
  }

  // From levels (0 to 1) to the output of every layer; the last one holds the scores.
  run(levels) {
    const { rows, columns, mean, std } = this.input;
    let x = { channels: 1, rows, columns, values: levels.map((level) => (level - mean) / std) };
    return this.steps.map((step) => (x = forward(step, x)));
  }

  scores(levels) {
    return this.run(levels).at(-1).values;
  }
}

function part(weights, place) {
  if (!place) return null;
  const count = place.shape.reduce((product, side) => product * side, 1);
  return weights.subarray(place.start, place.start + count);
}

function forward(step, x) {
  if (step.kind in ACTIVATIONS) return { ...x, values: x.values.map(ACTIVATIONS[step.kind](step)) };
  switch (step.kind) {
    case "convolution": return convolution(step, x);
    case "linear": return linear(step, x);
    case "max_pool": return pool(step, x, largest);
    case "average_pool": return pool(step, x, mean);
    case "adaptive_average_pool": return adaptivePool(step, x);
    case "flatten": return { channels: x.values.length, rows: 1, columns: 1, values: x.values };
    default: throw new Error(`no layer of the kind ${step.kind}`);
  }
}

const outputSize = (size, kernel, stride, padding, dilation) => Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;

// Cross-correlation, as networks compute it: every weight times the part of a map that it meets, added up.
function convolution({ weight, bias, shape, stride, padding, dilation, groups }, x) {
  const [channels, inputs, height, width] = shape;
  const rows = outputSize(x.rows, height, stride[0], padding[0], dilation[0]);
  const columns = outputSize(x.columns, width, stride[1], padding[1], dilation[1]);
  const values = new Float32Array(channels * rows * columns);
  const sums = new Float64Array(rows * columns);
  for (let channel = 0, w = 0; channel < channels; channel++) {
    sums.fill(bias[channel]);
    const first = Math.floor(channel / (channels / groups)) * inputs;
    for (let input = first; input < first + inputs; input++) {
      const map = x.values.subarray(input * x.rows * x.columns, (input + 1) * x.rows * x.columns);
      for (let u = 0; u < height; u++) {
        const down = u * dilation[0] - padding[0];
        for (let v = 0; v < width; v++, w++) {
          addProducts(sums, rows, columns, map, x.rows, x.columns, weight[w], down, v * dilation[1] - padding[1], stride);
        }
      }
    }
    values.set(sums, channel * rows * columns);
  }
  return { channels, rows, columns, values };
}

// One weight times the map moved by (down, right); beyond the map there is padding, which is zero.
function addProducts(sums, rows, columns, map, height, width, weight, down, right, stride) {
  const [from, to] = inside(down, stride[0], rows, height);
  const [start, end] = inside(right, stride[1], columns, width);
  for (let r = from; r < to; r++) {
    let i = (r * stride[0] + down) * width + start * stride[1] + right;
    for (let c = start; c < end; c++, i += stride[1]) sums[r * columns + c] += weight * map[i];
  }
}

// Outputs whose input at stride * output + shift lies on the map: from the first to before the last.
function inside(shift, stride, outputs, size) {
  return [Math.max(Math.ceil(-shift / stride), 0), Math.min(Math.floor((size - 1 - shift) / stride) + 1, outputs)];
}

function linear({ weight, bias, shape: [outputs, inputs] }, x) {
  const values = new Float32Array(outputs);
  for (let o = 0, w = 0; o < outputs; o++) {
    let sum = bias[o];
    for (let i = 0; i < inputs; i++, w++) sum += weight[w] * x.values[i];
    values[o] = sum;
  }
  return { channels: outputs, rows: 1, columns: 1, values };
}

// What stands in a window of a map, `of` makes one number of it.
function pool({ kernel_size: [height, width], stride, padding }, x, of) {
  const rows = outputSize(x.rows, height, stride[0], padding[0], 1);
  const columns = outputSize(x.columns, width, stride[1], padding[1], 1);
  return pooled(x, rows, columns, of, (r, c) => [
    Math.max(r * stride[0] - padding[0], 0), Math.min(r * stride[0] - padding[0] + height, x.rows),
    Math.max(c * stride[1] - padding[1], 0), Math.min(c * stride[1] - padding[1] + width, x.columns),
  ]);
}

// Means over windows that are as equal as can be, whatever the size of the map.
function adaptivePool({ output_size: [rows, columns] }, x) {
  const [low, high] = [(i, size, count) => Math.floor((i * size) / count), (i, size, count) => Math.ceil(((i + 1) * size) / count)];
  return pooled(x, rows, columns, mean, (r, c) => [
    low(r, x.rows, rows), high(r, x.rows, rows), low(c, x.columns, columns), high(c, x.columns, columns),
  ]);
}

function pooled(x, rows, columns, of, windowOf) {
  const values = new Float32Array(x.channels * rows * columns);
  for (let channel = 0, o = 0; channel < x.channels; channel++) {
    for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++, o++) values[o] = of(x, channel, windowOf(r, c));
  }
  return { channels: x.channels, rows, columns, values };
}

function largest(x, channel, [top, bottom, left, right]) {
  let found = -Infinity;
  for (let r = top; r < bottom; r++) {
    for (let c = left; c < right; c++) found = Math.max(found, x.values[(channel * x.rows + r) * x.columns + c]);
  }
  return found;
}

function mean(x, channel, [top, bottom, left, right]) {
  let sum = 0;
  for (let r = top; r < bottom; r++) {
    for (let c = left; c < right; c++) sum += x.values[(channel * x.rows + r) * x.columns + c];
  }
  return sum / ((bottom - top) * (right - left));
}

// Scores to probabilities; the largest is subtracted first, so that nothing overflows.
function softmax(scores) {
  const most = Math.max(...scores);
  const powers = Array.from(scores, (score) => Math.exp(score - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
