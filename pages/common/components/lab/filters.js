// First-layer filters as a grid of enlarged pixels, signed or in colour, on a scale of one epoch or of all.

const ACROSS = 16; // filters in a row, where there is room
const KEPT_FILTERS = 64; // of a network that has more, nobody knows how many

class FiltersPanel {
  constructor(lab) {
    this.lab = lab;
    this.host = element("div", "filters");
    this.canvas = element("canvas");
    this.host.append(this.canvas);
    this.canvas.addEventListener("pointermove", (event) => lab.say(this.at(event)));
    this.canvas.addEventListener("pointerleave", () => lab.say(""));
  }

  draw(seen) {
    const { lab } = this;
    const [count, channels, rows, columns] = seen.filters.shape;
    if (!count) return lab.note(lab.labels.filters_none, this.canvas);
    const scale = lab.store.extent(lab.epoch, lab.sharedScale);
    Object.assign(this, { count, channels, rows, columns, scale, values: seen.array(seen.filters, Float32Array) });
    lab.note(this.told(seen.filters));
    this.layout();
    const context = surface(this.canvas, this.width, this.height);
    for (const filter of range(count)) {
      const [x, y] = this.place(filter);
      context.drawImage(this.raster(filter), x, y, this.cell * columns, this.cell * rows);
      context.strokeStyle = lab.theme.line;
      context.strokeRect(x - 0.5, y - 0.5, this.cell * columns + 1, this.cell * rows + 1);
    }
  }

  told({ of, channels }) {
    const { labels } = this.lab;
    const sides = { rows: this.rows, columns: this.columns, high: signedText(this.scale, "+"), low: signedText(this.scale, "\u2212") };
    const parts = [told(this.channels === 3 ? labels.filters_colour : labels.filters_signed, sides)];
    if (this.count < of) parts.push(told(labels.filters_shown, { shown: this.count, all: of >= KEPT_FILTERS ? `${of}+` : of }));
    if (channels !== this.channels) parts.push(told(labels.filters_channel, { channels }));
    return parts.join(" ");
  }

  // As large as they fit, whole pixels of the screen for each weight.
  layout() {
    const { width, height } = this.lab.room();
    const fits = (across) => Math.min((width + 6) / across - 6, (height + 6) / Math.ceil(this.count / across) - 6);
    const most = range(Math.min(ACROSS, this.count)).map((i) => i + 1);
    this.across = most.reduce((best, across) => (fits(across) > fits(best) ? across : best), most[0]);
    this.cell = Math.max(2, Math.min(40, Math.floor(fits(this.across) / Math.max(this.rows, this.columns))));
    this.pitch = { x: this.cell * this.columns + 6, y: this.cell * this.rows + 6 };
    [this.width, this.height] = [this.across * this.pitch.x, Math.ceil(this.count / this.across) * this.pitch.y];
  }

  place(filter) {
    return [(filter % this.across) * this.pitch.x + 1, Math.floor(filter / this.across) * this.pitch.y + 1];
  }

  weight(filter, channel, row, column) {
    return this.values[((filter * this.channels + channel) * this.rows + row) * this.columns + column];
  }

  raster(filter) {
    const image = new ImageData(this.columns, this.rows);
    for (const at of range(this.rows * this.columns)) {
      const [row, column] = [Math.floor(at / this.columns), at % this.columns];
      image.data.set([...this.colour(filter, row, column), 255], 4 * at);
    }
    return bitmapOf(image);
  }

  colour(filter, row, column) {
    if (this.channels !== 3) return divergingColour(this.lab.diverging, this.weight(filter, 0, row, column), this.scale);
    const level = (channel) => (this.scale > 0 ? Math.round(255 * clamp01(0.5 + this.weight(filter, channel, row, column) / (2 * this.scale))) : 128);
    return [level(0), level(1), level(2)];
  }

  at(event) {
    if (!this.pitch) return "";
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - 1, event.clientY - box.top - 1];
    const filter = Math.floor(y / this.pitch.y) * this.across + Math.floor(x / this.pitch.x);
    const [row, column] = [Math.floor((y % this.pitch.y) / this.cell), Math.floor((x % this.pitch.x) / this.cell)];
    if (x < 0 || y < 0 || x >= this.width || filter >= this.count || row >= this.rows || column >= this.columns) return "";
    const value = range(this.channels).map((channel) => short(this.weight(filter, channel, row, column))).join(" / ");
    return told(this.lab.labels.weight, { filter: filter + 1, row: row + 1, column: column + 1, value });
  }
}

const signedText = (value, sign) => (value > 0 ? `${sign}${short(value)}` : "0");

// An image as something that can be drawn enlarged.
function bitmapOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Picture number `index` of uint8 (n, C, H, W).
function pictureOf(bytes, [, channels, rows, columns], index) {
  const image = new ImageData(columns, rows);
  const plane = rows * columns;
  const start = index * channels * plane;
  for (let i = 0; i < plane; i++) {
    for (let k = 0; k < 3; k++) image.data[4 * i + k] = bytes[start + (channels >= 3 ? k : 0) * plane + i];
    image.data[4 * i + 3] = 255;
  }
  return bitmapOf(image);
}
