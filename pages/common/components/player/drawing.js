// How a GridScene is drawn, on a canvas or as SVG: cells, windows, what is lost, titles and legend.

Object.assign(GridScene.prototype, {
  draw(painter, theme, { step, focus, glide = 1, hidden }) {
    const marks = this.marks(focus);
    const filter = this.filterOf(focus);
    const scale = this.model.largestCell();
    this.titles(painter, theme, hidden);
    this.legend(painter, theme, hidden);
    this.shownChannels(filter).forEach((channel, i) => this.drawInput(painter, theme, this.inputs[i], channel, filter, marks, scale, hidden));
    this.kernelChannels(filter).forEach((channel, i) => this.drawKernel(painter, theme, this.kernels[i], channel, filter, marks));
    for (const panel of this.outputs) this.drawOutput(painter, theme, panel, step, marks, focus, hidden);
    if (hidden !== "size") this.drawWindow(painter, theme, focus, glide);
    if (hidden !== "size") this.drawStrip(painter, theme, focus, step, hidden);
  },

  drawInput(painter, theme, panel, channel, filter, marks, scale, hidden) {
    const read = this.model.channelsOf(filter).includes(channel);
    panel.channel = channel;
    painter.begin("input", { channel });
    if (this.inputs.length > 1) this.label(painter, theme, panel, this.labels.channel, channel);
    this.drawCells(painter, panel, (row, column) => this.inputCell(channel, row, column, scale), marks.inputs.of(channel), 0);
    if (hidden !== "size") this.hatchUnreached(painter, panel); // what the floor takes away is part of the answer
    if (!read) painter.rect(panel.x, panel.y, panel.width, panel.height, { fill: theme.veil });
    painter.end();
  },

  // {text, fill, ink} of one cell of the input: a number, padding, or a zero between (transposed).
  inputCell(channel, row, column, scale) {
    const [y, x] = this.spread ? [row, column] : [this.model.rows.source(row), this.model.columns.source(column)];
    if (y < 0 || x < 0) return { text: this.emptyText(row, column), fill: RING, ink: PALE_INK };
    const value = this.model.cell(channel, y, x);
    const mirrored = !this.spread && !this.header.rows.stretched && (row < 0 || column < 0 || row >= this.model.rows.size || column >= this.model.columns.size);
    const { fill, ink, colour } = this.shade(value, scale);
    return { text: cellText(value), fill: mirrored ? RING : fill, ink: mirrored ? "#4b5b6b" : ink, colour };
  },

  // A zero of the padding; minus infinity where a maximum is taken; nothing where ceil_mode reaches beyond the padding.
  emptyText(row, column) {
    const { rows, columns, kind } = this.model;
    if (row >= rows.end || column >= columns.end) return "";
    return kind === "max" ? "\u2212∞" : "0";
  },

  shade(value, scale) {
    if (this.photo) {
      const colour = greyColour(value / 255);
      return { fill: css(colour), ink: inkOn(colour), colour };
    }
    const colour = neutral(Math.abs(value) / scale, panelIsFine(this.inputs[0]) ? 1 : 0.42);
    return { fill: css(colour), ink: inkOn(colour), colour };
  },

  // A grid cell by cell; where they are too small for numbers, as one picture with the marked ones on top.
  drawCells(painter, panel, content, marks, step) {
    if (panelIsFine(panel)) {
      this.drawPicture(painter, panel, content, step);
      for (const { row, column, colour } of marks.all()) this.drawCell(painter, panel, row, column, content, colour);
    } else {
      for (let row = panel.firstRow; row < panel.firstRow + panel.rows; row++) {
        for (let column = panel.firstColumn; column < panel.firstColumn + panel.columns; column++) {
          this.drawCell(painter, panel, row, column, content, marks.at(row, column));
        }
      }
    }
    painter.rect(panel.x, panel.y, panel.width, panel.height, { stroke: "#7a8794" });
  },

  drawCell(painter, panel, row, column, content, mark) {
    const { cell } = panel;
    const [x, y, fine] = [panel.left(column), panel.top(row), panelIsFine(panel)];
    const coloured = mark && mark !== "current";
    const { text, fill, ink } = fine && coloured ? {} : content(row, column);
    painter.rect(x, y, cell, cell, { fill: coloured ? mark : fill, stroke: fine ? undefined : GRID_LINE });
    if (!fine && text) this.cellNumber(painter, x, y, cell, text, coloured ? INK : ink);
    if (mark === "current") painter.rect(x + 1, y + 1, cell - 2, cell - 2, { stroke: INK, thick: Math.min(3, cell / 3) });
  },

  // The input is drawn once, of the output only the cells between the last step and this one.
  drawPicture(painter, panel, content, step) {
    const id = `${panel.name} ${panel.name === "input" ? panel.channel : panel.index}`;
    let raster = this.rasters.get(id);
    if (!raster) this.rasters.set(id, (raster = new Raster(panel.rows, panel.columns)));
    for (const i of this.staleCells(panel, raster, step)) {
      const at = [Math.floor(i / panel.columns) + panel.firstRow, (i % panel.columns) + panel.firstColumn];
      raster.set(i, content(...at).colour ?? RING_LEVELS);
    }
    raster.step = step;
    painter.raster(panel.x, panel.y, panel.cell, raster);
  },

  staleCells(panel, raster, step) {
    const all = panel.rows * panel.columns;
    if (raster.step === undefined) return times(all, (i) => i);
    if (panel.name === "input") return [];
    if (!this.spread) return filledBetween(raster.step, step, panel.index * this.perPlane, all);
    const known = step >= raster.step && step - raster.step < panel.rows; // else nearly all of them
    return known ? this.addedBetween(panel, raster.step, step) : times(all, (i) => i);
  },

  // The cells of an output to which a spreading convolution adds after one step up to another.
  addedBetween(panel, from, to) {
    const foci = times(to - from, (i) => this.focusAt(from + 1 + i)).filter(({ filter }) => filter === panel.index);
    const cells = foci.flatMap(({ row, column }) => this.model.reached(row, column));
    return new Set(cells.map((cell) => (cell.row - panel.firstRow) * panel.columns + cell.column - panel.firstColumn));
  },

  cellNumber(painter, x, y, cell, text, ink) {
    const size = Math.min(cell * 0.56, (cell * 1.55) / Math.max(text.length, 2), Math.max(17, cell * 0.4));
    if (size >= SMALLEST_TEXT) painter.text(x + cell / 2, y + cell / 2, text, { size, fill: ink });
  },

  hatchUnreached(painter, panel) {
    if (this.spread) return;
    const { rows, columns } = this.model;
    const hatch = (x, y, width, height) => {
      painter.rect(x, y, width, height, { fill: "rgba(209, 73, 91, 0.10)" });
      painter.hatch(x, y, width, height, LOST);
    };
    for (const row of rows.lost) hatch(panel.x, panel.top(row), panel.width, panel.cell);
    for (const column of columns.lost) hatch(panel.left(column), panel.y, panel.cell, panel.height);
  },

  drawKernel(painter, theme, panel, channel, filter, marks) {
    const { model } = this;
    painter.begin("kernel", { filter, channel });
    if (this.kernels.length > 1) this.label(painter, theme, panel, this.labels.channel, channel);
    else if (this.outputs.length > 1) this.label(painter, theme, panel, this.labels.filter, filter);
    for (let row = 0; row < panel.rows; row++) {
      for (let column = 0; column < panel.columns; column++) {
        const [k, l] = [this.turned(model.rows, row), this.turned(model.columns, column)];
        const [x, y] = [panel.left(column), panel.top(row)];
        const marked = marks.weights.of(channel).at(k, l);
        painter.rect(x, y, panel.cell, panel.cell, { fill: this.weightColour(k, l), stroke: GRID_LINE });
        if (panel.cell >= TEXT_FROM) this.cellNumber(painter, x, y, panel.cell, cellText(model.weight(filter, channel, k, l)), INK);
        if (marked === "current") painter.rect(x + 1, y + 1, panel.cell - 2, panel.cell - 2, { stroke: INK, thick: 3 });
      }
    }
    painter.rect(panel.x, panel.y, panel.width, panel.height, { stroke: "#7a8794" });
    painter.end();
  },

  drawOutput(painter, theme, panel, step, marks, focus, hidden) {
    const filter = panel.index;
    painter.begin("output", { filter });
    if (hidden === "size") {
      painter.text(panel.x + 30, panel.y + 40, "?", { size: 48, fill: theme.text, bold: true });
      painter.end();
      return;
    }
    if (this.outputs.length > 1) this.label(painter, theme, panel, this.labels.filter, filter);
    const asked = hidden === "values" && focus?.panel === "output" ? key(focus.filter, focus.row, focus.column) : null;
    this.drawCells(painter, panel, (row, column) => this.outputCell(filter, row, column, step, asked), marks.outputs.of(filter), step);
    if (this.spread) this.hatchCropped(painter, panel);
    painter.end();
  },

  outputCell(filter, row, column, step, asked) {
    const { rows, columns } = this.model;
    const inside = row >= 0 && column >= 0 && row < rows.output && column < columns.output;
    if (!inside) return { text: "", fill: RING, ink: PALE_INK, colour: RING_LEVELS };
    if (asked === key(filter, row, column)) return { text: "?", fill: PAPER, ink: INK, colour: [255, 255, 255] };
    const value = this.shownValue(filter, row, column, step);
    if (Number.isNaN(value)) return { text: "", fill: PAPER, ink: INK, colour: [255, 255, 255] };
    const colour = mixed(divergingColour(this.palette, value, this.model.largestOutput()), panelIsFine(this.outputs[0]) ? 1 : 0.45);
    return { text: cellText(value), fill: css(colour), ink: inkOn(colour), colour };
  },

  hatchCropped(painter, panel) {
    const { rows, columns } = this.model;
    const [top, left] = [panel.top(0), panel.left(0)];
    const [bottom, right] = [panel.top(rows.output), panel.left(columns.output)];
    const [end, side] = [panel.y + panel.height, panel.x + panel.width];
    for (const [x, y, width, height] of [
      [panel.x, panel.y, panel.width, top - panel.y],
      [panel.x, bottom, panel.width, end - bottom],
      [panel.x, top, left - panel.x, bottom - top],
      [right, top, side - right, bottom - top],
    ]) {
      if (width > 0.5 && height > 0.5) painter.hatch(x, y, width, height, LOST);
    }
    painter.rect(left, top, right - left, bottom - top, { stroke: INK, thick: 1.5 });
  },

  // The window of an output, gliding from the one before; for an input cell of a spreading one, the outputs it reaches.
  drawWindow(painter, theme, focus, glide) {
    if (focus?.panel === "output" && !this.spread) this.windowOnInput(painter, theme, focus, glide);
    if (focus?.panel === "input" && this.spread) this.windowOnOutput(painter, theme, focus, glide);
  },

  windowOnInput(painter, theme, { filter, row, column }, glide) {
    const { rows, columns } = this.model;
    const back = (index, count) => (index > 0 && glide < 1 ? (1 - glide) * count : 0);
    const [y, x] = [rows.start(row), columns.start(column) - back(column, columns.stride)];
    const read = this.model.channelsOf(filter);
    this.shownChannels(filter).forEach((channel, i) => {
      if (!read.includes(channel)) return;
      const panel = this.inputs[i];
      const frame = [panel.left(x), panel.top(y), columns.extent * panel.cell, rows.extent * panel.cell];
      painter.rect(...frame, { stroke: "#ffffff", thick: 5 });
      painter.rect(...frame, { stroke: INK, thick: 2.5 });
      if (!this.narrow) this.connect(painter, theme, frame, filter, row, column, i);
    });
    this.strideArrows(painter, theme, row, column);
  },

  // Lines from the window to its kernel, and from there to the output.
  connect(painter, theme, [x, y, width, height], filter, row, column, i) {
    const output = this.outputs[filter];
    const target = [output.left(column), output.top(row)];
    const kernel = this.kernels[Math.min(i, this.kernels.length - 1)];
    const line = { stroke: theme.line };
    if (!kernel) {
      painter.line(x + width, y, target[0], target[1], line);
      painter.line(x + width, y + height, target[0], target[1] + output.cell, line);
      return;
    }
    const own = this.kernels[this.kernelChannels(filter).indexOf(this.shownChannels(filter)[i])] ?? kernel;
    painter.line(x + width, y, own.x, own.y, line);
    painter.line(x + width, y + height, own.x, own.y + own.height, line);
    painter.line(own.x + own.width, own.y, target[0], target[1], line);
    painter.line(own.x + own.width, own.y + own.height, target[0], target[1] + output.cell, line);
  },

  windowOnOutput(painter, theme, { channel, filter, row, column }) {
    const { rows, columns } = this.model;
    const [y, x] = [row * rows.spread.stride - rows.spread.before, column * columns.spread.stride - columns.spread.before];
    for (const each of filter === undefined ? this.model.filtersOf(channel) : [filter]) {
      const panel = this.outputs[each];
      const frame = [panel.left(x), panel.top(y), columns.extent * panel.cell, rows.extent * panel.cell];
      painter.rect(...frame, { stroke: "#ffffff", thick: 5 });
      painter.rect(...frame, { stroke: INK, thick: 2.5 });
    }
  },

  // How far the next window is away, along the columns above the input and along the rows left of it.
  strideArrows(painter, theme, row, column) {
    const { rows, columns } = this.model;
    const panel = this.inputs[0];
    if (panel.cell < 5) return;
    if (column + 1 < columns.output) {
      const [from, to] = [columns.start(column), columns.start(column + 1)].map((at) => panel.left(at));
      const y = panel.y - (this.inputs.length > 1 ? LABEL : 0) - 9;
      arrow(painter, from, y, to, y, theme.accent);
      if (columns.stride > 1) painter.text(to + 4, y, this.labels.stride.replace("{stride}", columns.stride), { size: 11, fill: theme.accent, align: "left" });
    } else if (row + 1 < rows.output) {
      const [from, to] = [rows.start(row), rows.start(row + 1)].map((at) => panel.top(at));
      arrow(painter, panel.x - 7, from, panel.x - 7, to, theme.accent);
    }
  },

  label(painter, theme, panel, template, index) {
    painter.text(panel.x, panel.y - LABEL / 2 + 1, template.replace("{number}", index + 1), { size: 11.5, fill: theme.muted, align: "left" });
  },

  titles(painter, theme, hidden) {
    const { input, kernel, output } = this.header.titles; // each [name, size]
    const heads = [[this.inputs[0], input], [this.kernels[0], kernel], [this.outputs[0], output]];
    painter.begin("titles");
    for (const [panel, title] of heads) {
      if (!panel || !title) continue;
      const above = panel.y - (this.severalOf(panel) ? LABEL : 0);
      painter.text(panel.x, above - 41, title[0], { size: 13.5, fill: theme.text, align: "left", bold: true });
      const told = !(panel.name === "output" && hidden === "size");
      if (told) painter.text(panel.x, above - 24, title[1], { size: 12, fill: theme.muted, align: "left" });
    }
    painter.end();
  },

  // Whether the padding is empty; else it shows cells of the input again.
  hasEmpty() {
    return [this.model.rows, this.model.columns].some(({ sources }) => sources.includes(-1));
  },

  severalOf(panel) {
    if (panel.name === "kernel") return labelled(this.kernels, this.outputs);
    return (panel.name === "input" ? this.inputs : this.outputs).length > 1;
  },

  legend(painter, theme, hidden) {
    let x = 4;
    painter.begin("legend");
    for (const [kind, text] of this.header.legend) {
      if (kind === "lost" && hidden === "size") continue;
      painter.rect(x, this.legendY - 6, 12, 12, { fill: kind === "lost" ? "#f7e3e6" : RING, stroke: GRID_LINE });
      if (kind === "lost" || kind === "cropped") painter.hatch(x, this.legendY - 6, 12, 12, LOST);
      if (kind === "inserted" || (kind === "padding" && this.hasEmpty())) painter.text(x + 6, this.legendY, this.model.kind === "max" ? "\u2212∞" : "0", { size: 9, fill: PALE_INK });
      painter.text(x + 17, this.legendY, text, { size: 11.5, fill: theme.muted, align: "left" });
      x += 17 + painter.measure(text, 11.5) + 16;
    }
    painter.end();
  },
});

// The cells of a grid of `all` that change from one step to another, when the first of them is filled after step `before`.
function filledBetween(one, other, before, all) {
  const filled = (step) => Math.min(Math.max(step - before + 1, 0), all);
  const first = filled(Math.min(one, other));
  return times(filled(Math.max(one, other)) - first, (i) => first + i);
}
