// A layer and its numbers: what each output reads, what each input cell and each weight reaches, and every value.
// The two axes come from cnnviz.convolution.arithmetic; here they are only followed.

// One axis. Window o covers positions `o * stride - before + j * dilation` of the padded (or stretched) input;
// `sources[position - first]` is the input cell that stands there, -1 for a zero.
class Axis {
  constructor(record) {
    Object.assign(this, record); // {size, kernel, stride, dilation, before, output, first, end, sources, lost, turned, spread}
    this.extent = this.dilation * (this.kernel - 1) + 1;
    this.last = this.first + this.sources.length - 1;
    this.readers = Array.from({ length: this.size }, () => []); // input cell -> [{output, weight}]
    for (let output = 0; output < this.output; output++) {
      for (let weight = 0; weight < this.kernel; weight++) {
        const cell = this.tap(output, weight);
        if (cell >= 0) this.readers[cell].push({ output, weight });
      }
    }
  }

  start(output) {
    return output * this.stride - this.before;
  }

  // A transposed convolution is a convolution with the kernel turned: weight k lies at place kernel - 1 - k.
  place(weight) {
    return this.turned ? this.kernel - 1 - weight : weight;
  }

  position(output, weight) {
    return this.start(output) + this.place(weight) * this.dilation;
  }

  source(position) {
    return this.sources[position - this.first] ?? -1;
  }

  tap(output, weight) {
    return this.source(this.position(output, weight));
  }
}

class LayerModel {
  constructor(header, [cells, weights, bias]) {
    Object.assign(this, {
      kind: header.kind,
      channels: header.channels,
      filters: header.filters, // as many as are drawn
      perGroup: header.per_group, // {channels, filters}
      divisors: header.divisors,
      rows: new Axis(header.rows),
      columns: new Axis(header.columns),
      cells: floats(cells),
      weights: floats(weights),
      bias: bias.length ? floats(bias) : null,
    });
    this.pooling = this.kind === "max" || this.kind === "average";
    this.transposed = this.kind === "transposed";
    const outputs = this.filters * this.rows.output * this.columns.output;
    this.values = new Float64Array(outputs).fill(NaN);
  }

  // The input channels that a filter reads.
  channelsOf(filter) {
    if (this.pooling) return [filter];
    const first = Math.floor(filter / this.perGroup.filters) * this.perGroup.channels;
    return Array.from({ length: this.perGroup.channels }, (_, i) => first + i);
  }

  filtersOf(channel) {
    return Array.from({ length: this.filters }, (_, filter) => filter).filter((filter) => this.channelsOf(filter).includes(channel));
  }

  cell(channel, row, column) {
    return row < 0 || column < 0 ? 0 : this.cells[(channel * this.rows.size + row) * this.columns.size + column];
  }

  weight(filter, channel, k, l) {
    const local = channel - this.channelsOf(filter)[0];
    return this.weights[((filter * this.perGroup.channels + local) * this.rows.kernel + k) * this.columns.kernel + l];
  }

  // What one output reads from one channel, in the order of the window: {k, l, row, column, x, w, empty}.
  // `empty`: no input cell stands there (a zero of the padding, or an inserted one).
  terms(filter, channel, row, column) {
    const found = [];
    for (let i = 0; i < this.rows.kernel; i++) {
      for (let j = 0; j < this.columns.kernel; j++) {
        const [k, l] = [this.rows.place(i), this.columns.place(j)];
        const [y, x] = [this.rows.tap(row, k), this.columns.tap(column, l)];
        const empty = y < 0 || x < 0;
        found.push({ k, l, row: y, column: x, empty, x: this.cell(channel, y, x), w: this.pooling ? 1 : this.weight(filter, channel, k, l) });
      }
    }
    return found;
  }

  channelSum(filter, channel, row, column) {
    return this.terms(filter, channel, row, column).reduce((sum, { x, w }) => sum + x * w, 0);
  }

  // The term that a maximum takes (the first of equals, as torch does).
  winner(channel, row, column) {
    return this.terms(channel, channel, row, column).reduce(
      (best, term) => (!term.empty && (best === null || term.x > best.x) ? term : best), null);
  }

  divisor(row, column) {
    return this.divisors.rows[row] * this.divisors.columns[column];
  }

  value(filter, row, column) {
    const i = (filter * this.rows.output + row) * this.columns.output + column;
    if (Number.isNaN(this.values[i])) this.values[i] = this.compute(filter, row, column);
    return this.values[i];
  }

  compute(filter, row, column) {
    if (this.kind === "max") return this.winner(filter, row, column)?.x ?? -Infinity;
    const total = this.channelsOf(filter).reduce((sum, channel) => sum + this.channelSum(filter, channel, row, column), 0);
    if (this.kind === "average") return total / this.divisor(row, column);
    return total + (this.bias ? this.bias[filter] : 0);
  }

  // The outputs that an input cell reaches, each with the weight on the way: [{row, column, k, l}].
  reached(row, column) {
    return this.rows.readers[row].flatMap(({ output, weight }) =>
      this.columns.readers[column].map((other) => ({ row: output, column: other.output, k: weight, l: other.weight })),
    );
  }

  // The input cells that a weight multiplies: [rows], [columns].
  touched(k, l) {
    const along = (axis, weight) =>
      [...new Set(Array.from({ length: axis.output }, (_, output) => axis.tap(output, weight)))].filter((cell) => cell >= 0);
    return { rows: along(this.rows, k), columns: along(this.columns, l) };
  }

  largestCell() {
    return (this.cellScale ??= this.cells.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1);
  }

  // Known before it plays, so that colours do not change on the way.
  largestOutput() {
    if (this.pooling) return this.largestCell();
    return (this.outputScale ??= this.sampledScale() || 1);
  }

  // The largest of some hundred outputs spread over all of them.
  sampledScale() {
    const count = this.values.length;
    let largest = 0;
    for (let n = 0; n < Math.min(count, 400); n++) {
      const i = Math.floor((n * count) / Math.min(count, 400));
      const plane = this.rows.output * this.columns.output;
      const [filter, rest] = [Math.floor(i / plane), i % plane];
      largest = Math.max(largest, Math.abs(this.value(filter, Math.floor(rest / this.columns.output), rest % this.columns.output)));
    }
    return largest;
  }
}

// A copy: the message may lie at any offset, numbers of eight bytes may not.
const floats = (bytes) => new Float64Array(bytes.slice().buffer);
