// The channel's map, large: alone, or over the picture that the network saw; the pointer or the arrow keys choose a place.

const TALLEST = 460; // pixels
const LARGEST_UNIT = 96; // a single number need not fill the column
const ACCENT = "#ffd21f";

class MapStage {
  // on: {place({row, column}), pin(), up()}
  constructor(parent, on) {
    this.on = on;
    this.over = false;
    this.opacity = 0.6;
    this.showsPlaces = true;
    this.canvas = element("canvas", "map");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "application");
    parent.append(this.canvas);
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  // content: {values, rows, columns, scale, picture (ImageBitmap or null), placement, places, field}
  show(content) {
    this.content = content;
    this.bitmap = bitmapOf(content.values, content.rows, content.columns, content.scale);
    this.draw();
  }

  // The rectangle of the map on the canvas, and the canvas's own size.
  layout() {
    const { rows, columns, picture, placement } = this.content;
    const room = this.canvas.parentElement.clientWidth;
    const aspect = this.over && picture ? picture.height / picture.width : rows / columns;
    const most = this.over && picture ? Infinity : columns * LARGEST_UNIT;
    const width = Math.max(40, Math.min(room, TALLEST / aspect, most));
    const height = Math.max(8, width * aspect);
    const share = this.over && picture ? placement : { left: 0, top: 0, width: 1, height: 1 };
    return { width, height, x: share.left * width, y: share.top * height, mapWidth: share.width * width, mapHeight: share.height * height };
  }

  draw() {
    if (!this.content) return;
    const { picture, rows, columns } = this.content;
    const layout = (this.at = this.layout());
    const ratio = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [Math.round(layout.width * ratio), Math.round(layout.height * ratio)];
    this.canvas.style.width = `${layout.width}px`;
    this.canvas.style.height = `${layout.height}px`;
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const over = this.over && picture;
    context.imageSmoothingEnabled = false;
    if (over) context.drawImage(picture, 0, 0, layout.width, layout.height);
    context.globalAlpha = over ? this.opacity : 1;
    context.drawImage(this.bitmap, layout.x, layout.y, layout.mapWidth, layout.mapHeight);
    context.globalAlpha = 1;
    if (this.showsPlaces) this.content.places.forEach((place, i) => this.drawPlace(context, place, `${i + 1}`));
    if (this.place) this.outline(context, this.box(this.place), ACCENT, this.pinned ? 3 : 2);
    if (this.place && over && this.content.field) this.outline(context, this.seen(this.place), ACCENT, 2);
    this.cell = { width: layout.mapWidth / columns, height: layout.mapHeight / rows };
  }

  // A unit's cell on the canvas.
  box({ row, column }) {
    const { rows, columns } = this.content;
    const [width, height] = [this.at.mapWidth / columns, this.at.mapHeight / rows];
    return { x: this.at.x + column * width, y: this.at.y + row * height, width, height };
  }

  // What a unit sees, on the canvas with the picture.
  seen({ row, column }) {
    const { field, picture } = this.content;
    const [high, wide] = [this.at.height / picture.height, this.at.width / picture.width];
    const [y, x] = [row * field.rows.jump - field.rows.padding, column * field.columns.jump - field.columns.padding];
    return { x: x * wide, y: y * high, width: field.columns.size * wide, height: field.rows.size * high };
  }

  drawPlace(context, place, name) {
    const box = this.over && this.content.picture && this.content.field ? this.seen(place) : this.box(place);
    this.outline(context, box, "#fff", 1.5);
    context.font = "600 11px sans-serif";
    const width = context.measureText(name).width + 6;
    const x = Math.min(Math.max(box.x, 0), this.at.width - width);
    const y = Math.min(Math.max(box.y, 0), this.at.height - 14);
    context.fillStyle = "rgba(0, 0, 0, 0.75)";
    context.fillRect(x, y, width, 14);
    context.fillStyle = "#fff";
    context.fillText(name, x + 3, y + 11);
  }

  // A line that shows on any colour, kept on the canvas where the box leaves it.
  outline(context, { x, y, width, height }, colour, thickness) {
    const half = thickness / 2 + 1;
    const [left, top] = [Math.max(x, half), Math.max(y, half)];
    const [right, bottom] = [Math.min(x + width, this.at.width - half), Math.min(y + height, this.at.height - half)];
    const sides = [left, top, Math.max(right - left, 2), Math.max(bottom - top, 2)];
    context.strokeStyle = "rgba(0, 0, 0, 0.8)";
    context.lineWidth = thickness + 2;
    context.strokeRect(...sides);
    context.strokeStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(...sides);
  }

  // The unit under the pointer, or null beside the map.
  unitAt(event) {
    const frame = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - frame.left - this.at.x) / this.cell.width);
    const row = Math.floor((event.clientY - frame.top - this.at.y) / this.cell.height);
    const inside = row >= 0 && column >= 0 && row < this.content.rows && column < this.content.columns;
    return inside ? { row, column } : null;
  }

  // Pointers report more often than the screen is painted: the last place of each frame counts.
  point(event) {
    const place = this.content && !this.pinned && this.unitAt(event);
    if (!place) return;
    const isWaiting = Boolean(this.next);
    this.next = place;
    if (isWaiting) return;
    requestAnimationFrame(() => {
      const { next } = this;
      this.next = null;
      if (!this.pinned) this.on.place(next);
    });
  }

  press(event) {
    const place = this.content && this.unitAt(event);
    if (!place) return;
    const again = this.pinned && place.row === this.place.row && place.column === this.place.column;
    this.on.place(place);
    this.on.pin(!again);
  }

  key(event) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (move && this.place) {
      const { rows, columns } = this.content;
      const row = Math.min(Math.max(this.place.row + move[0], 0), rows - 1);
      const column = Math.min(Math.max(this.place.column + move[1], 0), columns - 1);
      this.on.place({ row, column });
      if (this.pinned) this.on.pin(true);
    } else if (event.key === "Enter" || event.key === " ") this.on.pin(!this.pinned);
    else return;
    event.preventDefault();
  }

  mark(place, pinned) {
    [this.place, this.pinned] = [place, pinned];
    this.draw();
  }
}
