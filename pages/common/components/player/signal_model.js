// A signal meets a kernel along one axis, flipped for a convolution, as it is for a correlation: every number of both.
//
// Output m reads sample m + offset(side, k) through weight k; around the signal stand zeros.

const SIDES = ["convolution", "correlation"];

class SignalModel {
  constructor([samples, weights]) {
    Object.assign(this, { samples: floats(samples), weights: floats(weights) });
    this.count = this.samples.length;
    this.width = this.weights.length;
    this.after = Math.floor(this.width / 2); // zeros behind the signal; in front of it as many, or one less
    this.first = this.after + 1 - this.width; // of the axis
    this.positions = this.count + this.width - 1;
    this.outputs = Object.fromEntries(SIDES.map((side) => [side, times(this.count, (m) => this.value(side, m))]));
    const products = [...this.samples].flatMap((x) => [...this.weights].map((h) => x * h));
    const outputs = SIDES.flatMap((side) => this.outputs[side]);
    this.extents = { signal: extent(this.samples), kernel: extent(this.weights), products: extent(products), output: extent(outputs) };
  }

  offset(side, k) {
    return side === "convolution" ? this.after - k : this.first + k;
  }

  sample(i) {
    return this.samples[i] ?? 0;
  }

  // What output m adds up, from left to right: {k, at, x, h, product}.
  terms(side, m) {
    const found = times(this.width, (k) => this.term(k, m + this.offset(side, k)));
    return found.sort((one, other) => one.at - other.at);
  }

  term(k, at) {
    const [x, h] = [this.sample(at), this.weights[k]];
    return { k, at, x, h, product: x * h };
  }

  value(side, m) {
    return sum(this.terms(side, m).map(({ product }) => product));
  }

  // What sample i adds to the outputs, from left to right: {k, at (the output), x, h, product}.
  spread(side, i) {
    const found = times(this.width, (k) => ({ ...this.term(k, i), at: i - this.offset(side, k) }));
    return found.sort((one, other) => one.at - other.at);
  }

  // What weight k makes, one product for each output: {k, at (the sample), x, h, product}.
  share(side, k) {
    return times(this.count, (m) => this.term(k, m + this.offset(side, k)));
  }

  isOutput(m) {
    return m >= 0 && m < this.count;
  }
}

// From the least to the largest value, zero included.
function extent(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  return low === high ? { low, high: 1 } : { low, high };
}
