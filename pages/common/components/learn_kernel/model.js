// What Python computed, and what follows from it: the answer of a kernel, what is left of the target, one step's sums.

class Lesson {
  constructor({ header, blobs }, bytes) {
    Object.assign(this, header);
    const numbers = (blob) => new Float32Array(blob.slice().buffer);
    const data = numbers(bytes);
    const cells = this.rows * this.columns;
    this.picture = data.subarray(0, cells);
    this.target = data.subarray(cells);
    this.outRows = this.rows - this.size + 1;
    this.outColumns = this.columns - this.size + 1;
    [this.weights, this.gradients, this.first, this.second, this.losses] = blobs.slice(0, 5).map(numbers);
    this.palette = blobs[5];
    this.cells = this.size * this.size;
    this.last = this.steps.length - 1;
  }

  kernel(array, i) {
    return array.subarray(i * this.cells, (i + 1) * this.cells);
  }

  loss(i) {
    return this.losses[this.steps[i]];
  }

  // Correlation, where the kernel fits: row by row, one weight at a time.
  predict(kernel) {
    const { size, columns, picture, outRows, outColumns } = this;
    const result = new Float32Array(outRows * outColumns);
    for (let row = 0; row < outRows; row++) {
      const line = result.subarray(row * outColumns, (row + 1) * outColumns);
      for (let cell = 0; cell < this.cells; cell++) {
        const weight = kernel[cell];
        if (weight === 0) continue;
        const start = (row + Math.floor(cell / size)) * columns + (cell % size);
        for (let column = 0; column < outColumns; column++) line[column] += weight * picture[start + column];
      }
    }
    return result;
  }

  // Relative distance to the kernel that is sought; null when there is none.
  distance(i) {
    if (!this.sought) return null;
    let [apart, whole] = [0, 0];
    this.kernel(this.weights, i).forEach((weight, cell) => {
      apart += (weight - this.sought[cell]) ** 2;
      whole += this.sought[cell] ** 2;
    });
    return whole > 0 ? Math.sqrt(apart / whole) : null;
  }

  // One weight's step, in words of arithmetic: lines of text.
  update(i, cell) {
    const at = (array) => this.kernel(array, i)[cell];
    const [w, g, m, s] = [at(this.weights), at(this.gradients), at(this.first), at(this.second)];
    const eta = this.rate;
    const lines = [];
    let change = g;
    if (this.optimiser === "momentum") {
      lines.push(i === 0 ? `v \u2190 \u2202L/\u2202w = ${say(m)}` : `v \u2190 ${this.beta1}\u00b7v + \u2202L/\u2202w = ${this.beta1}\u00b7${inBrackets((m - g) / this.beta1)} + ${inBrackets(g)} = ${say(m)}`);
      change = m;
    }
    if (this.optimiser === "adam") {
      lines.push(`m\u0302 = ${say(m)},  \u221as\u0302 = ${say(Math.sqrt(s))}`);
      change = m / (Math.sqrt(s) + this.epsilon);
    }
    const step = { sgd: "\u2202L/\u2202w", momentum: "v", adam: "m\u0302 / (\u221as\u0302 + \u03b5)" }[this.optimiser];
    const shown = this.optimiser === "adam" ? `${say(m)} / ${say(Math.sqrt(s))}` : inBrackets(change);
    lines.push(`w \u2190 w \u2212 \u03b7\u00b7${step} = ${say(w)} \u2212 ${eta}\u00b7${shown} = ${say(w - eta * change)}`);
    return lines;
  }
}

// Three or four digits, as short as they come.
function say(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "\u2014";
  if (size !== 0 && (size < 0.001 || size >= 10000)) return value.toExponential(2).replaceAll("-", "\u2212");
  return value.toFixed(size >= 100 ? 1 : size >= 10 ? 2 : 3).replace("-", "\u2212");
}

const inBrackets = (value) => (value < 0 ? `(${say(value)})` : say(value));

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
