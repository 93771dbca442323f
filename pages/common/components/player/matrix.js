// The same convolution as a matrix product: every window unrolled into a column (im2col), every filter into a row.
// Weights (filters × K) times columns (K × windows) is the output (filters × windows), group by group.

const MATRIX_GAP = 46;

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
  }

  // As on the blackboard: the columns above the product, the weights left of it.
  layout(width, height) {
    const across = this.terms + this.windows;
    const cell = Math.min(30, (width - MATRIX_GAP - 12) / across, Math.max(height * 1.2, 300) / (this.terms + this.filtersDrawn));
    const [x, y] = [4 + this.terms * cell + MATRIX_GAP, 34];
    for (const panel of [this.inputs[0], this.outputs[0]]) panel.cell = cell; // how strong colours are
    Object.assign(this.top, { x, y, cell });
    Object.assign(this.left, { x: 4, y: y + this.top.height + MATRIX_GAP, cell });
    Object.assign(this.product, { x, y: this.left.y, cell });
    const bottom = this.product.y + this.product.height;
    this.strip = { x: 4, y: bottom + 8, width: width - 8 };
    return { width, height: bottom + 8 + this.stripHeight(width) };
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
    const product = this.product.at(x, y);
    if (product) return { panel: "output", filter: first + product.row, row: Math.floor(product.column / columns.output), column: product.column % columns.output };
    const weight = this.left.at(x, y);
    if (weight) {
      const { channel, k, l } = this.termAt(filter, weight.column);
      return { panel: "kernel", filter: first + weight.row, channel, row: k, column: l };
    }
    const cell = this.top.at(x, y);
    const entry = cell && this.entry(filter, cell.row, cell.column);
    return entry && entry.row >= 0 && entry.column >= 0 ? { panel: "input", channel: entry.channel, row: entry.row, column: entry.column } : null;
  }

  // The first filter of a filter's group: weights and columns of one group stand on the screen.
  firstFilter(filter) {
    return Math.min(Math.floor(filter / this.model.perGroup.filters) * this.model.perGroup.filters, this.model.filters - this.filtersDrawn);
  }

  draw(painter, theme, { step, focus, hidden }) {
    const filter = this.filterOf(focus);
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
    const first = this.firstFilter(filter);
    painter.begin("weights");
    this.drawCells(painter, this.left, (row, index) => {
      const { channel, k, l } = this.termAt(first + row, index);
      return { text: cellText(this.model.weight(first + row, channel, k, l)), fill: this.weightColour(k, l), ink: INK };
    }, (row, index) => {
      const { channel, k, l } = this.termAt(first + row, index);
      const same = focus.panel === "kernel" && focus.filter === first + row && focus.channel === channel && focus.row === k && focus.column === l;
      return same ? "current" : null;
    });
    const { panel } = focus;
    if (panel === "output") painter.rect(this.left.x, this.left.top(filter - first), this.left.width, this.left.cell, { stroke: INK, thick: 2.5 });
    painter.end();
  }

  drawColumns(painter, filter, focus) {
    const current = focus.panel === "output" ? focus.row * this.model.columns.output + focus.column : -1;
    const scale = this.model.largestCell();
    painter.begin("columns");
    this.drawCells(painter, this.top, (index, window) => this.entryCell(filter, index, window, scale), (index, window) => {
      const { channel, row, column, k, l } = this.entry(filter, index, window);
      if (window === current) return this.weightColour(k, l);
      if (focus.panel === "input") return channel === focus.channel && row === focus.row && column === focus.column ? this.weightColour(k, l) : null;
      return focus.panel === "kernel" && channel === focus.channel && k === focus.row && l === focus.column ? this.weightColour(k, l) : null;
    });
    if (current >= 0) painter.rect(this.top.left(current), this.top.y, this.top.cell, this.top.height, { stroke: INK, thick: 2.5 });
    painter.end();
  }

  entryCell(filter, index, window, scale) {
    const { channel, row, column } = this.entry(filter, index, window);
    if (row < 0 || column < 0) return { text: "0", fill: RING, ink: PALE_INK, colour: RING_LEVELS };
    const value = this.model.cell(channel, row, column);
    return { text: cellText(value), ...this.shade(value, scale) };
  }

  drawProduct(painter, filter, focus, step, hidden) {
    const first = this.firstFilter(filter);
    const { columns } = this.model;
    const place = (window) => [Math.floor(window / columns.output), window % columns.output];
    const asked = hidden === "values" && focus.panel === "output" ? key(focus.filter, focus.row, focus.column) : null;
    painter.begin("product");
    this.drawCells(painter, this.product, (row, window) => this.outputCell(first + row, ...place(window), step, asked), (row, window) => {
      const here = key(first + row, ...place(window));
      if (focus.panel === "output") return here === key(focus.filter, focus.row, focus.column) ? "current" : null;
      return this.marks(focus).outputs.get(here);
    }, step);
    painter.end();
  }

  staleCells(panel) {
    return [0, panel.rows * panel.columns]; // the group may have changed
  }
}
