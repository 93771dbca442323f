// Where the grids stand: input, kernel and output side by side, on a phone one below the other.

const TITLE = 52; // pixels above a column of grids: its name, its size, and the arrow of the stride
const LABEL = 20; // above each grid of several
const MARGIN = 24; // left of the input: the arrow of the row stride
const GAP = 56; // between two columns of grids: the signs and the lines from window to output
const BETWEEN = 14; // between two grids of a kind
const NARROWEST_TITLE = 110; // the sizes above a grid have to fit
const NARROW = 560; // a phone
const LARGEST_CELL = 44;
const LARGEST_FULL = 96; // on the whole screen
const MOST_PLANES = 6; // channels drawn at once
const KERNEL_SHARE = 0.24; // of the width, at most

// A grid of cells whose row and column numbers start anywhere (padding is negative).
class Panel {
  constructor(name, index, rows, columns, firstRow = 0, firstColumn = 0) {
    Object.assign(this, { name, index, rows, columns, firstRow, firstColumn, x: 0, y: 0, cell: 10 });
  }

  get width() {
    return this.columns * this.cell;
  }

  get height() {
    return this.rows * this.cell;
  }

  left(column) {
    return this.x + (column - this.firstColumn) * this.cell;
  }

  top(row) {
    return this.y + (row - this.firstRow) * this.cell;
  }

  at(x, y) {
    const [row, column] = [Math.floor((y - this.y) / this.cell), Math.floor((x - this.x) / this.cell)];
    if (row < 0 || column < 0 || row >= this.rows || column >= this.columns) return null;
    return { row: row + this.firstRow, column: column + this.firstColumn };
  }
}

// groups: three lists of equal panels (inputs, kernels, outputs; kernels may be missing). Returns {width, height}.
function placeGroups(groups, width, height, largest = LARGEST_CELL) {
  return width < NARROW ? placeBelow(groups, width) : placeBeside(groups, width, height, largest);
}

function placeBeside([inputs, kernels, outputs], width, height, largest) {
  const { across, cell, kernelCell } = fitBeside([inputs, kernels, outputs], width, height, largest);
  const inputHeight = stack(inputs, MARGIN, TITLE, cell);
  const x = MARGIN + Math.max(inputs[0].width, NARROWEST_TITLE) + GAP;
  kernels.forEach((panel, i) => {
    const beside = inputs[i] ?? inputs[0];
    panel.cell = kernelCell;
    const highest = TITLE + (labelled(kernels, outputs) ? LABEL : 0);
    [panel.x, panel.y] = [x, Math.max(highest, beside.y + Math.max(0, (beside.height - panel.height) / 2))];
  });
  const free = outputs.length === 1 ? Math.max(0, (inputHeight - outputs[0].rows * cell) / 2) : 0; // one in the middle
  const left = kernels.length ? x + kernels[0].width + GAP : x;
  const columns = times(across, (i) => outputs.filter((_, filter) => filter % across === i));
  const heights = columns.map((panels, i) => {
    const step = outputs[0].columns * cell + BETWEEN;
    return free + stack(panels, left + i * step, TITLE + free, cell, outputs.length > 1);
  });
  const bottoms = kernels.map((panel) => panel.y + panel.height + LABEL);
  return { width, height: Math.max(TITLE + inputHeight, TITLE + Math.max(...heights), ...bottoms), narrow: false };
}

// As many outputs beside each other as make the cells clearly larger, or the drawing clearly lower.
function fitBeside(groups, width, height, largest) {
  const fits = groups[2].map((_, i) => cellsBeside(groups, width, height, largest, i + 1));
  const better = (fit, best) => fit.cell > 1.1 * best.cell || (fit.cell > 0.9 * best.cell && fit.height < 0.8 * best.height);
  return fits.reduce((best, fit) => (better(fit, best) ? fit : best));
}

function cellsBeside([inputs, kernels, outputs], width, height, largest, across) {
  const kernel = kernels[0];
  const down = Math.ceil(outputs.length / across);
  const tallest = Math.max(inputs.length * inputs[0].rows, down * outputs[0].rows);
  const labels = Math.max(inputs.length, down) * LABEL;
  const room = width - MARGIN - 2 * GAP - 8 - (across - 1) * BETWEEN;
  let kernelCell = 0;
  if (kernel) {
    const limit = Math.min((KERNEL_SHARE * room) / kernel.columns, (height - labels) / (inputs.length * kernel.rows));
    kernelCell = Math.min(limit, largest);
  }
  const columns = inputs[0].columns + across * outputs[0].columns;
  let cell = Math.min((height - labels) / tallest, largest);
  cell = Math.min(cell, (room - (kernel ? kernel.columns * Math.min(kernelCell, Math.max(cell, 26)) : 0)) / columns);
  cell = cell > 6 ? Math.floor(cell) : cell;
  return { across, cell, height: cell * tallest + labels, kernelCell: Math.min(kernelCell, Math.max(cell, 26)) };
}

function stack(panels, x, top, cell, labelled = panels.length > 1) {
  let y = top;
  for (const panel of panels) {
    if (labelled) y += LABEL;
    Object.assign(panel, { x, y, cell });
    y += panel.height;
  }
  return y - top;
}

function placeBelow([inputs, kernels, outputs], width) {
  const cell = Math.min(largestAcross(inputs, width, 0.95), largestAcross(outputs, width, 0.95), 30);
  const kernelCell = kernels.length ? Math.min(largestAcross(kernels, width, 0.4), Math.max(cell, 22)) : 0;
  let y = flow(inputs, width, TITLE, cell) + 6;
  if (kernels.length) {
    const [top, left] = [y, MARGIN + Math.max(kernels[0].columns * kernelCell, NARROWEST_TITLE) + GAP / 2];
    y = flow(kernels, width, top + TITLE, kernelCell, labelled(kernels, outputs)) + 6;
    if (kernels.length === 1 && outputs.length === 1 && left + outputs[0].columns * cell <= width - 8) {
      Object.assign(outputs[0], { x: left, y: top + TITLE, cell });
      return { width, height: Math.max(y, outputs[0].y + outputs[0].height + 6), narrow: true };
    }
  }
  return { width, height: flow(outputs, width, y + TITLE, cell) + 6, narrow: true };
}

// The largest cell for which the panels, in rows of as many as fit, are no higher than a share of the width.
function largestAcross(panels, width, share) {
  const { rows, columns } = panels[0];
  let best = 1;
  for (let across = 1; across <= panels.length; across++) {
    const down = Math.ceil(panels.length / across);
    const byWidth = (width - MARGIN - 8 - (across - 1) * BETWEEN) / (across * columns);
    best = Math.max(best, Math.min(byWidth, (share * width) / (down * rows)));
  }
  return best;
}

// A single kernel says to which of several filters it belongs.
const labelled = (kernels, outputs) => kernels.length > 1 || outputs.length > 1;

function flow(panels, width, top, cell, named = panels.length > 1) {
  const label = named ? LABEL : 0;
  let [x, y] = [MARGIN, top + label];
  for (const panel of panels) {
    panel.cell = cell;
    if (x > MARGIN && x + panel.width > width - 8) [x, y] = [MARGIN, y + panel.height + label + 4];
    [panel.x, panel.y] = [x, y];
    x += panel.width + BETWEEN;
  }
  return y + panels[0].height;
}
