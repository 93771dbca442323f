// Pictures and spectra side by side. A spectrum is a square of -0.5 to 0.5 cycles per pixel, zero in the middle.

const GRID = 256; // frequencies of a side
const DB_FLOOR = -60;
const TICKS = [-0.5, -0.25, 0, 0.25, 0.5];
const PANEL_MARKUP = `<figcaption><span class="sign"></span><b></b> <span class="note"></span><button type="button" class="save">⤓</button></figcaption>
  <div class="plate"><canvas></canvas><canvas class="marks"></canvas></div>
  <div class="scale"><span class="low"></span><canvas width="256" height="1"></canvas><span class="high"></span></div>`;

class Panel {
  constructor(spectra) {
    this.spectra = spectra;
    this.element = Object.assign(document.createElement("figure"), { className: "panel", innerHTML: PANEL_MARKUP });
    this.element.panel = this;
    this.plate = this.element.querySelector(".plate");
    [this.picture, this.marks] = this.plate.querySelectorAll("canvas");
    this.element.querySelector(".save").addEventListener("click", () => this.save());
  }

  // record: {name, kind: "picture" | "spectrum" | "response", title, note, sign, rows, columns, …}
  set(record) {
    this.record = record;
    this.element.dataset.name = record.name;
    this.element.dataset.kind = record.kind;
    this.element.querySelector(".sign").textContent = record.sign ?? "";
    this.element.querySelector("b").textContent = record.title;
    this.element.querySelector(".note").textContent = record.note ?? "";
    const save = this.element.querySelector(".save");
    save.title = this.spectra.labels.save;
    save.setAttribute("aria-label", `${this.spectra.labels.save}: ${record.title}`);
    this.element.classList.toggle("square", this.isFrequency);
    this.plate.style.aspectRatio = this.isFrequency ? "1" : `${record.columns} / ${record.rows}`;
    if (this.isFrequency) {
      this.plate.tabIndex = 0;
      this.plate.setAttribute("role", "application");
      const paints = this.spectra.header.brush && record.name === "spectrum" ? this.spectra.labels.paint : "";
      this.plate.setAttribute("aria-label", `${record.title}. ${this.spectra.labels.keys} ${paints}`);
    } else {
      this.plate.removeAttribute("tabindex");
      this.plate.setAttribute("role", "img");
      this.plate.setAttribute("aria-label", record.title);
    }
  }

  get isFrequency() {
    return this.record.kind !== "picture";
  }

  // Neither wider than its column nor higher than `tallest`.
  limit(tallest) {
    const { rows, columns } = this.record;
    const width = this.isFrequency ? tallest : (tallest * columns) / rows;
    this.element.style.setProperty("--widest", `${Math.round(width)}px`);
  }

  async load() {
    if (this.isFrequency) return;
    const bytes = this.spectra.bytes(this.record);
    if (!bytes) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const bitmap = await createImageBitmap(new Blob([bytes], { type: this.record.mime }));
    if (turn !== this.turn) return bitmap.close(); // a newer one has come meanwhile
    this.bitmap?.close();
    this.bitmap = bitmap;
  }

  // The panel as it is on the screen, twice as large, with its axes and marks.
  async save() {
    const canvas = new OffscreenCanvas(2 * this.width, 2 * this.height);
    const context = canvas.getContext("2d");
    context.imageSmoothingEnabled = !this.isFrequency;
    const source = this.isFrequency ? this.spectrumCanvas() : this.bitmap;
    if (source) context.drawImage(source, 0, 0, canvas.width, canvas.height);
    context.drawImage(this.marks, 0, 0, canvas.width, canvas.height);
    const address = URL.createObjectURL(await canvas.convertToBlob({ type: "image/png" }));
    Object.assign(document.createElement("a"), { href: address, download: `${this.record.name}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  resize() {
    const [width, height] = [this.plate.clientWidth, this.plate.clientHeight];
    const ratio = devicePixelRatio || 1;
    for (const canvas of [this.picture, this.marks]) {
      [canvas.width, canvas.height] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    }
    Object.assign(this, { width, height, ratio });
  }

  draw() {
    const context = this.picture.getContext("2d");
    const source = this.isFrequency ? this.spectrumCanvas() : this.bitmap;
    context.clearRect(0, 0, this.picture.width, this.picture.height);
    if (!source) return;
    context.imageSmoothingEnabled = this.picture.width < source.width * 2; // large pixels are meant
    context.drawImage(source, 0, 0, this.picture.width, this.picture.height);
  }

  spectrumCanvas() {
    const image = this.spectra.paint(this.record);
    if (!image) return null;
    this.buffer ??= new OffscreenCanvas(GRID, GRID);
    this.buffer.getContext("2d").putImageData(image, 0, 0);
    return this.buffer;
  }

  // ---- frequencies and pixels. The grid's first row and column are -0.5, each half a cell around its frequency.

  x(fColumn) {
    return ((fColumn + 0.5) * GRID + 0.5) * (this.width / GRID);
  }

  y(fRow) {
    return ((fRow + 0.5) * GRID + 0.5) * (this.height / GRID);
  }

  frequencyAt(event) {
    const box = this.plate.getBoundingClientRect();
    const along = (part) => Math.min(Math.max(part * GRID - 0.5, 0), GRID) / GRID - 0.5;
    return [along((event.clientY - box.top) / box.height), along((event.clientX - box.left) / box.width)];
  }

  // ---- marks

  drawMarks() {
    const context = this.marks.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.marks.width, this.marks.height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    if (!this.isFrequency || !this.width) return;
    this.axes(context);
    this.spectra.drawOverlay(this, context);
    const { focus, probe } = this.spectra;
    if (probe) this.cross(context, probe, "#ffffff", 7, true);
    if (focus) this.cross(context, focus, "#ffffff", 5, false);
  }

  axes(context) {
    context.strokeStyle = "rgba(255, 255, 255, 0.35)";
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(this.x(0), 0);
    context.lineTo(this.x(0), this.height);
    context.moveTo(0, this.y(0));
    context.lineTo(this.width, this.y(0));
    context.stroke();
    context.font = "10px sans-serif";
    for (const tick of TICKS) {
      if (tick === 0 || (this.width < 180 && Math.abs(tick) < 0.5)) continue;
      const text = String(tick).replace("-", "\u2212");
      outlined(context, text, Math.min(Math.max(this.x(tick), 14), this.width - 12), this.height - 6, "center");
      if (tick < 0.5) outlined(context, text, 3, Math.max(this.y(tick), 8), "left"); // the corner has one already
    }
  }

  // A frequency and its mirror image: real pictures have both.
  cross(context, [fRow, fColumn], colour, radius, ring) {
    for (const [row, column, strong] of [[fRow, fColumn, true], [-fRow, -fColumn, false]]) {
      const [x, y] = [this.x(column), this.y(row)];
      for (const [stroke, thick] of [["rgba(0, 0, 0, 0.8)", strong ? 4 : 2.5], [colour, strong ? 2 : 1]]) {
        context.strokeStyle = stroke;
        context.lineWidth = thick;
        context.beginPath();
        if (ring) context.arc(x, y, radius, 0, TURN);
        else {
          context.moveTo(x - radius, y);
          context.lineTo(x + radius, y);
          context.moveTo(x, y - radius);
          context.lineTo(x, y + radius);
        }
        context.stroke();
      }
    }
  }

  drawScale(stops, low, high) {
    const scale = this.element.querySelector(".scale");
    scale.hidden = !stops;
    if (!stops) return;
    scale.querySelector(".low").textContent = low;
    scale.querySelector(".high").textContent = high;
    const context = scale.querySelector("canvas").getContext("2d");
    const image = new ImageData(256, 1);
    for (let i = 0; i < 256; i++) image.data.set([stops[3 * i], stops[3 * i + 1], stops[3 * i + 2], 255], 4 * i);
    context.putImageData(image, 0, 0);
  }

  destroy() {
    this.turn = Infinity; // what is still being decoded is not wanted
    this.bitmap?.close();
    this.element.remove();
  }
}

function outlined(context, text, x, y, align) {
  context.textAlign = align;
  context.textBaseline = "middle";
  context.lineWidth = 3;
  context.strokeStyle = "rgba(0, 0, 0, 0.75)";
  context.strokeText(text, x, y);
  context.fillStyle = "#fff";
  context.fillText(text, x, y);
}
