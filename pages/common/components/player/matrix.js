// The same convolution as a matrix product: every window unrolled into a column (im2col), every filter into a row.
// Weights (filters × K) times columns (K × windows) is the output (filters × windows), group by group.

const MATRIX_GAP = 46;
const BLANK = { text: "", fill: PAPER, ink: INK, colour: [255, 255, 255] };

class MatrixScene extends GridScene {
  constructor(model, header, palette) {
    super(model, header, palette);
    const { rows, columns, perGroup } = model;
    this.terms = perGroup.channels * rows.kernel * columns.kernel; // K
    this.windows = rows.output * columns.output;
    this.filtersDrawn = Math.min(perGroup.filters, model.filters);
    this.left = new Panel("weights", 0, this.filtersDrawn, this.terms);
    this.top = new Panel("columns", 0, this.terms, this.windows);
    this.product = new Panel("product", 0, this.filtersDrawn, this.windows);
    this.group = 0; // its first filter
  }

  // As on the blackboard: the columns above the product, the weights left of it.
  layout(width, height, painter) {
    const across = this.terms + this.windows;
    const cell = Math.min(30, (width - MATRIX_GAP - 12) / across, Math.max(height * 1.2, 300) / (this.terms + this.filtersDrawn));
    const [x, y] = [4 + this.terms * cell + MATRIX_GAP, 34];
    for (const panel of [this.inputs[0], this.outputs[0]]) panel.cell = cell; // how strong colours are
    Object.assign(this.top, { x, y, cell });
    Object.assign(this.left, { x: 4, y: y + this.top.height + MATRIX_GAP, cell });
    Object.assign(this.product, { x, y: this.left.y, cell });
    const bottom = this.product.y + this.product.height;
    this.strip = { x: 4, y: bottom + 8, width: width - 8 };
    this.strip.bottom = this.strip.y + this.stripHeight(this.strip.width - DOTS, painter);
    return { width, height: this.strip.bottom };
  }

  // Row k of the columns: {channel, k, l} of its weight.
  termAt(filter, index) {
    const { rows, columns } = this.model;
    const plane = rows.kernel * columns.kernel;
    const place = index % plane;
    return {
      channel: this.model.channelsOf(filter)[Math.floor(index / plane)],
      k: Math.floor(place / columns.kernel),
      l: place % columns.kernel,
    };
  }

  // The row of a weight, and the column of an output.
  termOf(channel, k, l) {
    const { rows, columns, perGroup } = this.model;
    return ((channel % perGroup.channels) * rows.kernel + k) * columns.kernel + l;
  }

  windowOf(row, column) {
    return row * this.model.columns.output + column;
  }

  // The input cell in row `index` of column `window`.
  entry(filter, index, window) {
    const { rows, columns } = this.model;
    const { channel, k, l } = this.termAt(filter, index);
    return { channel, row: rows.tap(Math.floor(window / columns.output), k), column: columns.tap(window % columns.output, l), k, l };
  }

  hit(x, y, focus) {
    const filter = this.filterOf(focus);
    const first = this.firstFilter(filter);
    const { columns } = this.model;
    const inUse = (cell) => cell && first + cell.row < this.model.filters;
    const product = this.product.at(x, y);
    if (inUse(product)) return { panel: "output", filter: first + product.row, row: Math.floor(product.column / columns.output), column: product.column % columns.output };
    const weight = this.left.at(x, y);
    if (inUse(weight)) {
      const { channel, k, l } = this.termAt(filter, weight.column);
      return { panel: "kernel", filter: first + weight.row, channel, row: k, column: l };
    }
    const cell = this.top.at(x, y);
    const entry = cell && this.entry(filter, cell.row, cell.column);
    return entry && entry.row >= 0 && entry.column >= 0 ? { panel: "input", channel: entry.channel, row: entry.row, column: entry.column } : null;
  }

  // The first filter of a filter's group: weights and columns of one group stand on the screen.
  firstFilter(filter) {
    return Math.floor(filter / this.model.perGroup.filters) * this.model.perGroup.filters;
  }

  // The rows in use: the last group may be drawn in part.
  groupRows() {
    return times(Math.min(this.filtersDrawn, this.model.filters - this.group), (row) => row);
  }

  draw(painter, theme, { step, focus, hidden }) {
    const filter = this.filterOf(focus);
    this.group = this.firstFilter(filter);
    this.heads(painter, theme);
    this.drawWeights(painter, filter, focus);
    this.drawColumns(painter, filter, focus);
    this.drawProduct(painter, filter, focus, step, hidden);
    this.drawStrip(painter, theme, focus, step, hidden);
  }

  heads(painter, theme) {
    const { labels } = this;
    const sizes = (panel) => `${panel.rows} × ${panel.columns}`;
    for (const [panel, name] of [[this.top, labels.matrix_columns], [this.left, labels.matrix_weights], [this.product, labels.matrix_product]]) {
      const width = painter.measure(name, 12.5, true);
      painter.text(panel.x, panel.y - 13, name, { size: 12.5, fill: theme.text, align: "left", bold: true });
      if (panel !== this.left || width + 60 < panel.width + MATRIX_GAP) {
        painter.text(panel.x + width + 7, panel.y - 13, sizes(panel), { size: 12, fill: theme.muted, align: "left" });
      }
    }
    painter.text(this.left.x + this.left.width + MATRIX_GAP / 2, this.left.y + this.left.height / 2, "×", { size: 18, fill: theme.text });
    painter.text(this.top.x - 12, this.product.y - MATRIX_GAP / 2 + 8, "=", { size: 16, fill: theme.text });
  }

  drawWeights(painter, filter, focus) {
    const first = this.group;
    const marks = new Marks();
    const colour = (index) => {
      const { k, l } = this.termAt(filter, index);
      return this.weightColour(k, l);
    };
    for (const row of this.groupRows()) times(this.terms, (index) => marks.set(row, index, colour(index)));
    if (focus.panel === "kernel") marks.set(focus.filter - first, this.termOf(focus.channel, focus.row, focus.column), "current");
    painter.begin("weights");
    this.drawCells(painter, this.left, (row, index) => {
      if (!this.groupRows().includes(row)) return BLANK;
      const { channel, k, l } = this.termAt(first + row, index);
      return { text: cellText(this.model.weight(first + row, channel, k, l)), fill: colour(index), ink: INK };
    }, marks);
    if (focus.panel === "output") painter.rect(this.left.x, this.left.top(filter - first), this.left.width, this.left.cell, { stroke: INK, thick: 2.5 });
    painter.end();
  }

  drawColumns(painter, filter, focus) {
    const current = focus.panel === "output" ? this.windowOf(focus.row, focus.column) : -1;
    const scale = this.model.largestCell();
    painter.begin("columns");
    this.drawCells(painter, this.top, (index, window) => this.entryCell(filter, index, window, scale), this.columnMarks(filter, focus));
    if (current >= 0) painter.rect(this.top.left(current), this.top.y, this.top.cell, this.top.height, { stroke: INK, thick: 2.5 });
    painter.end();
  }

  columnMarks(filter, focus) {
    const { model } = this;
    const marks = new Marks();
    if (focus.panel === "output") {
      const window = this.windowOf(focus.row, focus.column);
      times(this.terms, (index) => this.termAt(filter, index)).forEach(({ k, l }, index) => marks.set(index, window, this.weightColour(k, l)));
    } else if (focus.panel === "kernel") {
      const index = this.termOf(focus.channel, focus.row, focus.column);
      times(this.windows, (window) => marks.set(index, window, this.weightColour(focus.row, focus.column)));
    } else if (model.channelsOf(filter).includes(focus.channel)) {
      for (const { row, column, k, l } of model.reached(focus.row, focus.column)) {
        marks.set(this.termOf(focus.channel, k, l), this.windowOf(row, column), this.weightColour(k, l));
      }
    }
    return marks;
  }

  entryCell(filter, index, window, scale) {
    const { channel, row, column } = this.entry(filter, index, window);
    if (row < 0 || column < 0) return { text: "0", fill: RING, ink: PALE_INK, colour: RING_LEVELS };
    const value = this.model.cell(channel, row, column);
    return { text: cellText(value), ...this.shade(value, scale) };
  }

  drawProduct(painter, filter, focus, step, hidden) {
    const first = this.group;
    const { columns } = this.model;
    const place = (window) => [Math.floor(window / columns.output), window % columns.output];
    const asked = hidden === "values" && focus.panel === "output" ? key(focus.filter, focus.row, focus.column) : null;
    const marks = new Marks();
    for (const row of this.groupRows()) {
      for (const { row: r, column: c, colour } of this.marks(focus).outputs.of(first + row).all()) marks.set(row, this.windowOf(r, c), colour);
    }
    painter.begin("product");
    this.drawCells(painter, this.product, (row, window) => {
      return this.groupRows().includes(row) ? this.outputCell(first + row, ...place(window), step, asked) : BLANK;
    }, marks, step);
    painter.end();
  }

  // Everything where the group has changed; then of the product what has been computed since.
  staleCells(panel, raster, step) {
    const all = panel.rows * panel.columns;
    const same = raster.group === this.group;
    raster.group = this.group;
    if (!same) return times(all, (i) => i);
    return panel === this.product ? filledBetween(raster.step, step, this.group * this.windows, all) : [];
  }
}
