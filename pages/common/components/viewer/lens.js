// The pixel lens: the patch under the pointer, the kernel, their products and the sum, with true numbers.

const LARGEST_CELL = 46;
const TALLEST_GRID = 224;
const SMALLEST_WITH_TEXT = 25;
const SMALLEST_WITH_LINES = 6;

// One grid of numbers as coloured cells. Cells too small for digits show colour only.
class Grid {
  constructor(figure) {
    this.figure = figure;
    this.canvas = figure.querySelector("canvas");
    this.caption = figure.querySelector("figcaption");
  }

  // content: {rows, columns, values, colour(value), outside?, outlined?, format(value, decimals)}
  draw(content, cell) {
    this.content = content;
    this.cell = cell;
    const ratio = devicePixelRatio || 1;
    const [width, height] = [content.columns * cell, content.rows * cell];
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (cell < SMALLEST_WITH_LINES) return this.drawPlain(context, content, cell);
    const style = this.textStyle(context, content, cell);
    for (let i = 0; i < content.values.length; i++) this.drawCell(context, i, style);
  }

  // Thousands of cells: one small picture, enlarged.
  drawPlain(context, { rows, columns, values, colour }, cell) {
    const data = new ImageData(columns, rows);
    values.forEach((value, i) => data.data.set([...colour(value), 255], 4 * i));
    const small = new OffscreenCanvas(columns, rows);
    small.getContext("2d").putImageData(data, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, 0, 0, columns * cell, rows * cell);
  }

  // The most decimals with which every number still fits its cell.
  textStyle(context, content, cell) {
    if (cell < SMALLEST_WITH_TEXT) return null;
    const largest = Math.min(15, Math.max(9, Math.floor(cell * 0.32)));
    context.textAlign = "center";
    context.textBaseline = "middle";
    // Smaller digits before fewer: a reader who adds the products up should arrive at the sum.
    for (let decimals = 3; decimals >= 0; decimals--) {
      const texts = Array.from(content.values, (value) => content.format(value, decimals));
      for (let size = largest; size >= Math.min(largest, 10); size--) {
        context.font = `${size}px sans-serif`;
        if (Math.max(...texts.map((text) => context.measureText(text).width)) <= cell - 4) return { decimals };
      }
    }
    return null;
  }

  drawCell(context, i, style) {
    const { columns, values, colour, outside, outlined, format } = this.content;
    const cell = this.cell;
    const [x, y] = [(i % columns) * cell, Math.floor(i / columns) * cell];
    const fill = colour(values[i]);
    context.fillStyle = css(fill);
    context.fillRect(x, y, cell, cell);
    if (outside?.[i]) hatch(context, x, y, cell);
    context.strokeStyle = "rgba(128, 128, 128, 0.55)";
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, cell - 1, cell - 1);
    if (outlined === i) {
      context.strokeStyle = "#ffd21f";
      context.lineWidth = 3;
      context.strokeRect(x + 2, y + 2, cell - 4, cell - 4);
    }
    if (!style) return;
    const text = format(values[i], style.decimals);
    if (outside?.[i]) {
      context.fillStyle = css(fill);
      const width = context.measureText(text).width + 4;
      context.fillRect(x + (cell - width) / 2, y + cell * 0.3, width, cell * 0.4);
    }
    context.fillStyle = inkOn(fill);
    context.fillText(text, x + cell / 2, y + cell / 2 + 0.5);
  }

  cellAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / this.cell);
    const row = Math.floor((event.clientY - box.top) / this.cell);
    if (!this.content || row < 0 || column < 0 || row >= this.content.rows || column >= this.content.columns) return -1;
    return row * this.content.columns + column;
  }
}

// Index of the kernel's cell over the output pixel; undefined without padding, where no pixel is the output's own.
function anchorOf({ rows, columns, kind }) {
  if (kind !== "linear" || !(rows.before || columns.before)) return undefined;
  return Math.round(rows.before / rows.dilation) * columns.length + Math.round(columns.before / columns.dilation);
}

function hatch(context, x, y, cell) {
  context.save();
  context.beginPath();
  context.rect(x, y, cell, cell);
  context.clip();
  context.strokeStyle = "rgba(214, 110, 0, 0.9)";
  context.lineWidth = 1.5;
  context.beginPath();
  for (let offset = -cell; offset < cell; offset += 6) {
    context.moveTo(x + offset, y + cell);
    context.lineTo(x + offset + cell, y);
  }
  context.stroke();
  context.restore();
}

class Lens {
  constructor(root) {
    this.element = root.querySelector(".lens");
    this.grids = [...this.element.querySelectorAll("figure")].map((figure) => new Grid(figure));
    this.signs = [...this.element.querySelectorAll(".sign")];
    this.title = this.element.querySelector(".title");
    this.sum = this.element.querySelector(".sum");
    this.detail = this.element.querySelector(".detail");
    this.unit = 1; // 255: values as 0-255
    this.grids.forEach((grid) => {
      grid.canvas.addEventListener("pointermove", (event) => this.explain(grid.cellAt(event)));
      grid.canvas.addEventListener("pointerdown", (event) => this.explain(grid.cellAt(event)));
      grid.canvas.addEventListener("pointerleave", () => this.explain(-1));
    });
  }

  // look: {window, labels, palette, title, signed, result text parts}
  show(look) {
    this.look = look;
    this.title.textContent = look.title;
    const grids = this.contents(look);
    const cell = this.cellSize(grids);
    this.grids.forEach((grid, i) => {
      grid.figure.hidden = !grids[i];
      if (this.signs[i - 1]) this.signs[i - 1].hidden = !grids[i];
      if (!grids[i]) return;
      grid.caption.textContent = grids[i].caption;
      grid.draw(grids[i], cell);
      if (i > 0) this.signs[i - 1].textContent = grids[i].sign;
    });
    this.sum.replaceChildren(...this.verdict(look));
    this.explain(-1);
  }

  say(text) {
    this.look = null;
    this.title.textContent = text;
    this.grids.forEach((grid) => (grid.figure.hidden = true));
    this.signs.forEach((sign) => (sign.hidden = true));
    this.sum.replaceChildren();
    this.detail.textContent = "";
  }

  value(number) {
    return number * this.unit;
  }

  formatValue(number, decimals) {
    return formatNumber(this.value(number), this.unit === 255 ? Math.min(decimals, Number.isInteger(number * 255) ? 0 : 1) : decimals);
  }

  contents({ window, labels, palette, signed, middle }) {
    const { step, patch, outside, weights } = window;
    const shape = { rows: step.rows.length, columns: step.columns.length };
    const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const diverging = (values) => {
      const scale = largest(values);
      return (value) => divergingColour(palette, value, scale);
    };
    const formatValue = (value, decimals) => this.formatValue(value, decimals);
    const patchGrid = { ...shape, caption: labels.patch, values: patch, outside, outlined: middle, format: formatValue,
      colour: signed ? diverging(patch) : greyColour };
    if (step.kind === "median") return [patchGrid];
    // The weight that lies on the pixel itself, where there is one.
    const anchor = anchorOf(step);
    const weightGrid = (values, caption, sign) => ({
      ...shape, caption, sign, values, outlined: anchor, format: formatWeight, colour: diverging(values),
    });
    if (step.kind === "gradient") {
      return [patchGrid, weightGrid(step.weights, labels.kernelX, "\u00d7"), weightGrid(step.weightsY, labels.kernelY, labels.and)];
    }
    const products = patch.map((value, i) => value * weights[i]);
    return [patchGrid, weightGrid(weights, step.kind === "bilateral" ? labels.weights : labels.kernel, "\u00d7"),
      { ...shape, caption: labels.products, sign: "=", values: products, format: formatValue, colour: diverging(products) }];
  }

  cellSize(grids) {
    const shown = grids.filter(Boolean);
    const room = this.element.clientWidth - 28 * shown.length;
    const narrow = this.element.clientWidth < 640;
    const perGrid = (narrow ? room : room - 170) / shown.length;
    const { rows, columns } = shown[0];
    return Math.max(3, Math.floor(Math.min(LARGEST_CELL, perGrid / columns, TALLEST_GRID / rows)));
  }

  verdict({ window, labels, palette, others }) {
    const line = (text, kind) => Object.assign(document.createElement("div"), { textContent: text, className: kind });
    const result = this.formatResult(window.result);
    const lines = [line(window.step.kind === "median" ? labels.median : labels.sum, "name"), line(result, "number")];
    if (window.step.kind === "gradient") {
      const [x, y] = [window.step.weights, window.step.weightsY].map((weights) => dot(weights, window.patch));
      lines[0].textContent = labels.magnitude;
      lines.push(line(`x ${this.formatResult(x)}, y ${this.formatResult(y)}`, "note"));
    }
    for (const other of others ?? []) lines.push(line(`${other.name} ${this.formatResult(other.value)}`, `note ${other.shown ? "shown" : ""}`));
    const padding = window.outside.reduce((a, b) => a + b, 0);
    if (padding) lines.push(line(labels.padding.replace("{count}", padding), "note padding"));
    return lines;
  }

  // Results keep more digits than cells: they are what a reader compares.
  formatResult(number) {
    return formatNumber(this.value(number), this.unit === 255 ? 2 : 4);
  }

  // The numbers of one cell in full, for grids whose cells are too small to write in.
  explain(i) {
    if (!this.look || i < 0 || i >= this.look.window.patch.length) {
      this.detail.textContent = this.look?.labels.hint ?? "";
      return;
    }
    const { window, labels } = this.look;
    const columns = window.step.columns.length;
    const place = labels.cell.replace("{row}", Math.floor(i / columns) + 1).replace("{column}", (i % columns) + 1);
    const value = this.formatResult(window.patch[i]);
    const outside = window.outside[i] ? ` (${labels.outside})` : "";
    if (window.step.kind === "median" || window.step.kind === "gradient") this.detail.textContent = `${place}: ${value}${outside}`;
    else {
      const product = this.formatResult(window.patch[i] * window.weights[i]);
      this.detail.textContent = `${place}: ${value}${outside} \u00d7 ${formatWeight(window.weights[i], 6)} = ${product}`;
    }
  }
}
