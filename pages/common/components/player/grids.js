// Input, kernel and output as grids of numbers, with the window of the step or of what the mouse points at.
//
// A focus says what is looked at: {panel: "output", filter, row, column}, {panel: "input", channel, row, column}
// (with `filter` when only one filter is meant) or {panel: "kernel", filter, channel, row, column}.

const PAPER = "#ffffff";
const INK = "#16202b";
const PALE_INK = "#8a96a3";
const GRID_LINE = "#c3ccd6";
const RING = "#eef1f5"; // padding
const RING_LEVELS = [238, 241, 245];
const LOST = "#d1495b"; // what no window reaches
const SMALLEST_TEXT = 7;
const LEGEND = 26; // pixels of its line
const BESIDE = 280; // pixels that the arithmetic needs beside the outputs
const TEXT_FROM = 14; // pixels of a cell from which numbers are written

const weightHue = (index, count) => (count === 1 ? 45 : (360 * index) / count);

class GridScene {
  constructor(model, header, palette) {
    Object.assign(this, { model, header, palette, labels: header.labels });
    this.spread = header.view === "spread";
    this.photo = header.photo;
    const { rows, columns, channels, filters } = model;
    this.planes = Math.min(channels, MOST_PLANES);
    const drawnKernels = model.pooling ? 0 : Math.min(model.perGroup.channels, this.planes);
    this.inputs = times(this.planes, (i) => this.inputPanel(i));
    this.kernels = times(drawnKernels, (i) => new Panel("kernel", i, rows.kernel, columns.kernel));
    this.outputs = times(filters, (i) => this.outputPanel(i));
    this.walked = this.spread ? [rows.size, columns.size] : [rows.output, columns.output];
    this.perPlane = this.walked[0] * this.walked[1];
    this.steps = this.perPlane * (this.spread ? sum(times(filters, (f) => model.channelsOf(f).length)) : filters);
    this.running = { step: -1, sums: null };
    this.rasters = new Map(); // of grids too fine for numbers
  }

  inputPanel(i) {
    const { rows, columns } = this.model;
    if (this.spread) return new Panel("input", i, rows.size, columns.size);
    return new Panel("input", i, rows.sources.length, columns.sources.length, rows.first, columns.first);
  }

  outputPanel(i) {
    const { rows, columns } = this.model;
    if (!this.spread) return new Panel("output", i, rows.output, columns.output);
    const [y, x] = [rows, columns].map(({ spread, output }) => ({ first: -spread.before, count: Math.max(spread.padded, output + spread.before) }));
    return new Panel("output", i, y.count, x.count, y.first, x.first);
  }

  layout(width, height, painter) {
    const several = Math.max(this.planes, this.outputs.length) > 1;
    const tall = several && !this.full ? height * 1.35 : this.full ? height - TITLE - LEGEND - (several ? 0 : LINE * 3) : height;
    const size = placeGroups([this.inputs, this.kernels, this.outputs], width, tall, this.full ? LARGEST_FULL : LARGEST_CELL);
    this.narrow = size.narrow;
    this.legendY = size.height + 13;
    const right = Math.max(...this.outputs.map(({ x, width: across }) => x + across)) + GAP;
    // Many channels leave room beside the outputs, and their arithmetic takes many lines.
    const beside = several && !this.narrow && width - right >= BESIDE;
    this.strip = beside ? { x: right, y: TITLE - 12, width: width - right - 4 } : { x: 4, y: size.height + 26, width: width - 8 };
    const below = this.strip.y + this.stripHeight(this.strip.width - DOTS, painter);
    this.strip.bottom = Math.max(size.height + LEGEND, below);
    return { width, height: this.strip.bottom };
  }

  // ---- steps

  focusAt(step) {
    const [, columns] = this.walked;
    const [plane, place] = [Math.floor(step / this.perPlane), step % this.perPlane];
    const [row, column] = [Math.floor(place / columns), place % columns];
    if (!this.spread) return { panel: "output", filter: plane, row, column };
    const [filter, channel] = this.passes()[plane];
    return { panel: "input", filter, channel, row, column };
  }

  // The (filter, channel) of each pass over the input, for a transposed convolution that spreads.
  passes() {
    return (this.passList ??= times(this.outputs.length, (f) => this.model.channelsOf(f).map((channel) => [f, channel])).flat());
  }

  // First and last step of the row that a step belongs to.
  rowOf(step) {
    const columns = this.walked[1];
    const first = step - ((step % this.perPlane) % columns);
    return [first, first + columns - 1];
  }

  filterOf(focus) {
    return focus.filter ?? this.model.filtersOf(focus.channel)[0] ?? 0;
  }

  // The channels whose grids are drawn while a filter is looked at.
  shownChannels(filter) {
    if (this.model.channels <= this.planes) return times(this.planes, (i) => i);
    const read = this.model.channelsOf(filter);
    const first = Math.min(read[0], this.model.channels - this.planes);
    return times(this.planes, (i) => first + i);
  }

  // What an output shows after a step: NaN while there is nothing.
  shownValue(filter, row, column, step) {
    if (!this.spread) {
      const order = filter * this.perPlane + row * this.walked[1] + column;
      return order <= step ? this.model.value(filter, row, column) : NaN;
    }
    this.advance(step);
    const { rows, columns } = this.model;
    return this.running.sums[(filter * rows.output + row) * columns.output + column];
  }

  // The sums of a spreading convolution after a step; going on is cheap, going back starts anew.
  advance(step) {
    const { model, running } = this;
    const { rows, columns } = model;
    if (!running.sums || step < running.step) {
      running.sums = new Float64Array(model.values.length);
      if (model.bias) running.sums.forEach((_, i) => (running.sums[i] = model.bias[Math.floor(i / (rows.output * columns.output))]));
      running.step = -1;
    }
    while (running.step < step) {
      const { filter, channel, row, column } = this.focusAt(++running.step);
      const x = model.cell(channel, row, column);
      for (const { row: r, column: c, k, l } of model.reached(row, column)) {
        running.sums[(filter * rows.output + r) * columns.output + c] += x * model.weight(filter, channel, k, l);
      }
    }
  }

  // ---- what a focus lights up: {inputs, weights, outputs}, each the marks of several grids

  marks(focus) {
    const id = JSON.stringify(focus);
    if (this.marked?.id !== id) {
      const marks = { id, inputs: new PlaneMarks(), weights: new PlaneMarks(), outputs: new PlaneMarks() };
      this[`mark_${focus.panel}`](focus, marks);
      this.marked = marks; // many frames look at the same
    }
    return this.marked;
  }

  mark_output({ filter, row, column }, marks) {
    const { model } = this;
    for (const channel of model.channelsOf(filter)) {
      const winner = model.kind === "max" ? model.winner(channel, row, column) : null;
      for (let k = 0; k < model.rows.kernel; k++) {
        for (let l = 0; l < model.columns.kernel; l++) {
          const [y, x] = [model.rows.position(row, k), model.columns.position(column, l)];
          const [sourceRow, sourceColumn] = [model.rows.source(y), model.columns.source(x)];
          if (this.spread && (sourceRow < 0 || sourceColumn < 0)) continue;
          const colour = model.pooling ? poolColour(winner, sourceRow, sourceColumn) : this.weightColour(k, l);
          marks.inputs.set(channel, ...(this.spread ? [sourceRow, sourceColumn] : [y, x]), colour);
          if (!model.pooling) marks.weights.set(channel, k, l, colour);
        }
      }
    }
    marks.outputs.set(filter, row, column, "current");
  }

  mark_input({ channel, row, column, filter }, marks) {
    const { model } = this;
    const filters = filter === undefined ? model.filtersOf(channel) : [filter];
    for (const position of this.positionsOf(row, column)) marks.inputs.set(channel, ...position, "current");
    for (const each of filters) {
      for (const { row: r, column: c, k, l } of model.reached(row, column)) {
        const colour = model.pooling ? POOL : this.weightColour(k, l);
        marks.outputs.set(each, r, c, colour);
        if (!model.pooling) marks.weights.set(channel, k, l, colour);
      }
    }
  }

  mark_kernel({ filter, channel, row: k, column: l }, marks) {
    const { model } = this;
    const colour = this.weightColour(k, l);
    const { rows, columns } = model.touched(k, l);
    for (const row of rows) {
      for (const column of columns) for (const position of this.positionsOf(row, column)) marks.inputs.set(channel, ...position, colour);
    }
    for (let row = 0; row < model.rows.output; row++) {
      for (let column = 0; column < model.columns.output; column++) marks.outputs.set(filter, row, column, colour);
    }
    marks.weights.set(channel, k, l, "current");
  }

  // Where an input cell is drawn: itself, and in the ring where a mirror or a wrap shows it again.
  positionsOf(row, column) {
    if (this.spread) return [[row, column]];
    const along = (axis, cell) => axis.sources.flatMap((source, i) => (source === cell ? [i + axis.first] : []));
    return along(this.model.rows, row).flatMap((y) => along(this.model.columns, column).map((x) => [y, x]));
  }

  weightColour(k, l) {
    const { rows, columns } = this.model;
    const hue = weightHue(k * columns.kernel + l, rows.kernel * columns.kernel);
    return `hsl(${Math.round(hue)}, 78%, ${(k + l) % 2 ? 72 : 80}%)`;
  }

  // ---- pointing

  hit(x, y, focus) {
    const filter = this.filterOf(focus);
    for (const panel of [...this.outputs, ...this.kernels, ...this.inputs]) {
      const at = panel.at(x, y);
      if (at) return this.target(panel, at, filter);
    }
    return null;
  }

  target(panel, { row, column }, filter) {
    const { model } = this;
    if (panel.name === "output") {
      const inside = row >= 0 && column >= 0 && row < model.rows.output && column < model.columns.output;
      return inside ? { panel: "output", filter: panel.index, row, column } : null;
    }
    if (panel.name === "kernel") {
      return { panel: "kernel", filter, channel: this.kernelChannels(filter)[panel.index], row: this.turned(model.rows, row), column: this.turned(model.columns, column) };
    }
    const channel = this.shownChannels(filter)[panel.index];
    if (this.spread) return { panel: "input", channel, row, column };
    const [y, x] = [model.rows.source(row), model.columns.source(column)];
    return y < 0 || x < 0 ? null : { panel: "input", channel, row: y, column: x };
  }

  // The kernel is drawn as it lies on the input: turned for a transposed convolution that gathers.
  turned(axis, index) {
    return this.spread ? index : axis.place(index);
  }

  kernelChannels(filter) {
    if (this.model.pooling) return [];
    return this.shownChannels(filter).filter((channel) => this.model.channelsOf(filter).includes(channel));
  }

  // The cell of a panel from which the keyboard goes on.
  firstOf(panel, focus) {
    const { model } = this;
    const filter = this.filterOf(focus);
    const channel = focus.channel ?? model.channelsOf(filter)[0];
    if (panel === "output") return { panel, filter, row: 0, column: 0 };
    if (panel === "input") return { panel, channel, row: 0, column: 0 };
    return this.kernels.length ? { panel, filter, channel, row: this.turned(model.rows, 0), column: this.turned(model.columns, 0) } : null;
  }

  // The next cell in a direction, in the same grid; at its edge it stays.
  neighbour(focus, down, right) {
    const { rows, columns } = this.model;
    const [height, width] = { output: [rows.output, columns.output], kernel: [rows.kernel, columns.kernel], input: [rows.size, columns.size] }[focus.panel];
    const way = focus.panel === "kernel" && rows.turned && !this.spread ? -1 : 1; // as it is drawn
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    return { ...focus, row: within(focus.row + way * down, height), column: within(focus.column + way * right, width) };
  }
}

const POOL = "#ffe08a";
const CHOSEN = "#ff9d2e";
const times = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const sum = (list) => list.reduce((total, each) => total + each, 0);
const key = (plane, row, column) => `${plane},${row},${column}`;
const panelIsFine = (panel) => panel.cell < TEXT_FROM;
const mixed = (colour, share) => colour.map((level) => Math.round(255 + share * (level - 255)));
// Grey with a touch of blue: colours belong to the weights and to the output.
const SLATE = [44, 62, 80];
const neutral = (level, strength) => SLATE.map((end) => Math.round(255 + level * strength * (end - 255)));
const poolColour = (winner, row, column) => (winner && winner.row === row && winner.column === column ? CHOSEN : POOL);

// Whole numbers whole, others with three digits at least; what sums of fractions leave behind is not written.
function cellText(value) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "\u2212∞";
  const size = Math.abs(value);
  const whole = Math.abs(value - Math.round(value)) <= 1e-12 * Math.max(size, 1);
  const decimals = whole || size >= 99.95 ? 0 : size < 9.995 ? 2 : 1;
  return (decimals === 2 && fractionText(value)) || formatNumber(value, decimals);
}

// A number that two decimals do not say, such as 1/9 of an average; null where no short fraction says it either.
function fractionText(value) {
  const near = (number) => Math.abs(number - Math.round(number)) <= 1e-9;
  if (near(value * 100)) return null;
  for (let divisor = 3; divisor < 100; divisor++) {
    if (!near(value * divisor)) continue;
    const text = `${Math.round(value * divisor)}/${divisor}`.replace("-", "\u2212");
    return text.length <= 5 ? text : null;
  }
  return null;
}

function arrow(painter, x1, y1, x2, y2, stroke) {
  const angle = Math.atan2(y2 - y1, x2 - x1);
  painter.line(x1, y1, x2, y2, { stroke, thick: 2 });
  for (const turn of [2.6, -2.6]) {
    painter.line(x2, y2, x2 + 6 * Math.cos(angle + turn), y2 + 6 * Math.sin(angle + turn), { stroke, thick: 2 });
  }
}
