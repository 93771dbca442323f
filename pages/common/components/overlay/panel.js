// One map: over the picture that the network saw, and alone, at the same place and on the same scale.

const LINE = { theoretical: "#ffd21f", support: "#ff6ad5", unit: "#ffffff" };

class Panel {
  constructor(parent, on) {
    this.figure = element("figure");
    this.caption = element("figcaption");
    this.pair = element("div", "pair");
    this.over = element("canvas");
    this.alone = element("canvas");
    this.said = element("p", "said");
    this.said.setAttribute("role", "status");
    this.pair.append(this.over, this.alone);
    this.figure.append(this.caption, this.pair, this.said);
    parent.append(this.figure);
    for (const canvas of [this.over, this.alone]) {
      canvas.tabIndex = 0;
      canvas.setAttribute("role", "img");
      canvas.addEventListener("pointermove", (event) => on.place(this.pixelAt(canvas, event)));
      canvas.addEventListener("pointerleave", () => on.place(null));
      canvas.addEventListener("keydown", (event) => on.key(event));
    }
  }

  // record: {title, alt, shape, place, boxes}; values: Float32Array; picture: {bitmap, rows, columns}
  show(record, values, picture, palettes, scale, labels) {
    Object.assign(this, { record, values, picture, labels });
    this.caption.textContent = record.title;
    this.over.setAttribute("aria-label", record.alt);
    this.alone.setAttribute("aria-label", record.alt);
    this.map = mapBitmap(values, record.shape, palettes, scale, () => 1);
    this.veil = mapBitmap(values, record.shape, palettes, scale, (value) => Math.sqrt(clamp01(Math.abs(value) / (scale.high || 1))));
  }

  // The largest width of whole pixels of the picture.
  fit(room) {
    const { rows, columns } = this.picture;
    const most = Math.min(room, TALLEST * (columns / rows));
    this.width = columns <= most ? Math.floor(most / columns) * columns : most;
    this.height = (this.width * rows) / columns;
  }

  draw(opacity, pixel) {
    this.paint(this.over, opacity, true);
    this.paint(this.alone, 1, false);
    if (pixel) for (const canvas of [this.over, this.alone]) this.cross(canvas.getContext("2d"), pixel);
    this.said.textContent = pixel ? this.say(pixel) : "";
  }

  paint(canvas, opacity, below) {
    const context = surfaceOf(canvas, this.width, this.height);
    const { place, boxes } = this.record;
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, this.width, this.height);
    if (below) context.drawImage(this.picture.bitmap, 0, 0, this.width, this.height);
    context.globalAlpha = opacity;
    const [x, y] = [place.left * this.width, place.top * this.height];
    context.drawImage(below ? this.veil : this.map, x, y, place.width * this.width, place.height * this.height);
    context.globalAlpha = 1;
    for (const box of boxes) this.outline(context, box);
  }

  // A rectangle of pixels, both ends included, kept on the canvas where it leaves the picture.
  outline(context, { top, bottom, left, right, kind }) {
    const unit = this.width / this.picture.columns;
    const clip = (value, most) => Math.min(Math.max(value, 1.5), most - 1.5);
    const [x, y] = [clip(left * unit, this.width), clip(top * unit, this.height)];
    const [width, height] = [clip((right + 1) * unit, this.width) - x, clip((bottom + 1) * unit, this.height) - y];
    context.setLineDash([]);
    context.strokeStyle = "rgba(0, 0, 0, 0.85)";
    context.lineWidth = 4;
    if (kind !== "theoretical") context.strokeRect(x, y, width, height); // dashes show what lies below them
    context.setLineDash(kind === "theoretical" ? [7, 6] : []);
    context.strokeStyle = LINE[kind];
    context.lineWidth = 2;
    context.strokeRect(x, y, width, height);
  }

  cross(context, { row, column }) {
    this.outline(context, { top: row, bottom: row, left: column, right: column, kind: "unit" });
  }

  pixelAt(canvas, event) {
    const frame = canvas.getBoundingClientRect();
    const [row, column] = [event.clientY - frame.top, event.clientX - frame.left].map((at) => Math.floor((at * this.picture.columns) / this.width));
    return row >= 0 && column >= 0 && row < this.picture.rows && column < this.picture.columns ? { row, column } : null;
  }

  // The unit of the map that lies on a pixel, as it is painted.
  valueAt({ row, column }) {
    const { place, shape } = this.record;
    const down = Math.floor((((row + 0.5) / this.picture.rows - place.top) / place.height) * shape[0]);
    const right = Math.floor((((column + 0.5) / this.picture.columns - place.left) / place.width) * shape[1]);
    const inside = down >= 0 && right >= 0 && down < shape[0] && right < shape[1];
    return inside ? this.values[down * shape[1] + right] : null;
  }

  say(pixel) {
    const value = this.valueAt(pixel);
    return told(this.labels.said, { row: pixel.row + 1, column: pixel.column + 1, value: value === null ? "–" : short(value) });
  }
}

// opacity: of a number, 0 … 1. Over the picture, weak places are see-through.
function mapBitmap(values, [rows, columns], palettes, scale, opacity) {
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) image.data.set([...colourOf(palettes, scale, values[i]), 255 * opacity(values[i])], 4 * i);
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
