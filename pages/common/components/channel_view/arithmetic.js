// The arithmetic of one place, in 64 bits, from the 32-bit numbers that Python sent once: see cnnviz/networks/explained.py.

const OUTSIDE = -1;

const sigmoid = (x) => 0.5 * (1 + Math.tanh(x / 2));
const hardSigmoid = (x) => Math.min(Math.max(x + 3, 0), 6) / 6;

// Distribution of the normal distribution, by the series of the error function (Abramowitz and Stegun, 7.1.5), which
// needs some forty terms here; beyond, the rest is below 1e-9.
function normalBelow(x) {
  if (Math.abs(x) > 6) return x > 0 ? 1 : 0;
  const z = x / Math.SQRT2;
  let [term, sum] = [z, z];
  for (let n = 1; Math.abs(term) > 1e-17; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return 0.5 + sum / Math.sqrt(Math.PI);
}

// The same as in cnnviz/networks/activations.py.
const FORMULAS = {
  relu: (x) => Math.max(x, 0),
  relu6: (x) => Math.min(Math.max(x, 0), 6),
  leaky: (x, { slope }) => (x > 0 ? x : slope * x),
  elu: (x, { alpha }) => (x > 0 ? x : alpha * Math.expm1(x)),
  sigmoid,
  tanh: Math.tanh,
  silu: (x) => x * sigmoid(x),
  gelu: (x) => x * normalBelow(x),
  hardsigmoid: hardSigmoid,
  hardswish: (x) => x * hardSigmoid(x),
};

// Numbers and shapes by name from a packed message: header.arrays = [{name, type, shape}], one blob each.
function readArrays({ header, blobs }) {
  const types = { f4: Float32Array, i4: Int32Array };
  const named = header.arrays.map(({ name, type, shape }, i) => [name, { shape, values: new types[type](blobs[i].slice().buffer) }]);
  return Object.fromEntries(named);
}

// What input channel k shows to the window of (row, column): values, weights, products, and which cells are padding.
function windowAt({ inputs, weights, rows, columns }, k, row, column) {
  const [, height, width] = inputs.shape;
  const [, high, wide] = weights.shape;
  const found = { rows: high, columns: wide, values: [], weights: [], products: [], outside: [] };
  for (let i = 0; i < high; i++) {
    const y = rows.values[row * high + i];
    for (let j = 0; j < wide; j++) {
      const x = columns.values[column * wide + j];
      const outside = y === OUTSIDE || x === OUTSIDE;
      const value = outside ? 0 : inputs.values[(k * height + y) * width + x];
      const weight = weights.values[(k * high + i) * wide + j];
      found.values.push(value);
      found.weights.push(weight);
      found.products.push(value * weight);
      found.outside.push(outside);
    }
  }
  return found;
}

// The sum of the products of each input channel at one place.
function sumsAt(arrays, row, column) {
  const sums = new Float64Array(arrays.inputs.shape[0]);
  for (let k = 0; k < sums.length; k++) sums[k] = channelSum(arrays, k, row, column);
  return sums;
}

function channelSum({ inputs, weights, rows, columns }, k, row, column) {
  const [, height, width] = inputs.shape;
  const [, high, wide] = weights.shape;
  let sum = 0;
  for (let i = 0; i < high; i++) {
    const y = rows.values[row * high + i];
    if (y === OUTSIDE) continue;
    const [line, weightLine] = [(k * height + y) * width, (k * high + i) * wide];
    for (let j = 0; j < wide; j++) {
      const x = columns.values[column * wide + j];
      if (x !== OUTSIDE) sum += inputs.values[line + x] * weights.values[weightLine + j];
    }
  }
  return sum;
}

// The map of what input channel k adds: a number for each place.
function contribution(arrays, k) {
  const [height, width] = [arrays.rows.shape[0], arrays.columns.shape[0]];
  const values = new Float32Array(height * width);
  for (let row = 0, i = 0; row < height; row++) {
    for (let column = 0; column < width; column++) values[i++] = channelSum(arrays, k, row, column);
  }
  return values;
}

// Cells that a pooling reads at one place, row by row; those outside take no part.
function pooledAt({ input, rows, columns, divisors }, row, column) {
  const [high, wide] = [rows.shape[1], columns.shape[1]];
  const found = { rows: high, columns: wide, values: [], outside: [], chosen: undefined };
  let [sum, largest] = [0, -Infinity];
  for (let i = 0; i < high; i++) {
    for (let j = 0; j < wide; j++) {
      const [y, x] = [rows.values[row * high + i], columns.values[column * wide + j]];
      const outside = y === OUTSIDE || x === OUTSIDE;
      const value = outside ? 0 : input.values[y * input.shape[1] + x];
      found.outside.push(outside);
      found.values.push(value);
      sum += value;
      if (!outside && value > largest) [largest, found.chosen] = [value, i * wide + j];
    }
  }
  if (divisors) found.chosen = undefined;
  found.sum = sum;
  found.divisor = divisors ? divisors.values[row * columns.shape[0] + column] : 1;
  return { ...found, result: divisors ? sum / found.divisor : largest };
}

// Everything about one place: `stages` has a line for each step of the chain, {computed, captured}; computed is
// undefined where only the captured number is known. What was changed on the way goes on as it was captured.
function placeAt({ header, arrays }, row, column) {
  const at = ({ shape, values }) => values[row * shape[1] + column];
  const { head, normalised, activated } = header;
  const found = { row, column, stages: {} };
  let value;
  const stage = (name, computed, agrees) => {
    const captured = at(arrays[name]);
    found.stages[name] = { computed, captured, agrees };
    value = agrees && computed !== undefined ? computed : captured;
  };
  if (head?.kind === "convolution") {
    found.sums = sumsAt(arrays, row, column);
    found.others = arrays.others ? at(arrays.others) : 0;
    found.products = found.sums.reduce((total, sum) => total + sum, 0);
    stage("head", found.products + found.others + (head.bias ?? 0), head.agrees);
  } else if (head?.kind === "add" || head?.kind === "multiply") {
    found.parts = head.parts.map((_, i) => at(arrays[`part${i}`]));
    const merge = head.kind === "add" ? (a, b) => a + b : (a, b) => a * b;
    stage("head", found.parts.reduce(merge), head.agrees);
  } else if (head?.kind === "max" || head?.kind === "average") {
    found.pooled = pooledAt(arrays, row, column);
    stage("head", found.pooled.result, head.agrees);
  } else if (head?.kind === "carried") stage("head", undefined, true);
  if (normalised) stage("normalised", normalised.scale * value + normalised.shift, normalised.agrees);
  if (activated) {
    const formula = FORMULAS[activated.formula];
    stage("activated", formula ? formula(value, activated.settings) : undefined, activated.agrees);
  }
  found.value = at(arrays.map);
  return found;
}
