// Feature maps of the fixed picture, of a layer that one chooses, with the picture.

class MapsPanel {
  constructor(lab) {
    this.lab = lab;
    this.host = element("div", "maps");
    this.choice = element("select");
    this.label = element("label", "layer");
    this.label.append(element("span"), this.choice);
    this.canvas = element("canvas");
    this.host.append(this.canvas);
    this.choice.addEventListener("change", () => {
      this.layer = this.choice.value;
      lab.draw();
    });
    this.canvas.addEventListener("pointermove", (event) => lab.say(this.at(event)));
    this.canvas.addEventListener("pointerleave", () => lab.say(""));
  }

  draw(seen) {
    const { lab } = this;
    if (!seen.maps.length) return lab.note(lab.labels.maps_none, this.canvas);
    this.chooseFrom(seen.maps.map(({ name }) => name));
    this.record = seen.maps.find(({ name }) => name === this.layer);
    this.levels = seen.array(this.record);
    const [count, rows, columns] = this.record.shape;
    const { extent, signed } = this.record;
    lab.note(told(signed ? lab.labels.maps_signed : lab.labels.maps_unsigned, { count, rows, columns, high: signedText(extent, signed ? "+" : ""), low: signedText(extent, "\u2212") }));
    this.layout(count, rows, columns);
    const context = surface(this.canvas, this.width, this.height);
    this.drawPicture(context);
    for (const map of range(count)) {
      const [x, y] = this.place(map);
      context.drawImage(this.raster(map, rows, columns, signed), x, y, this.cell * columns, this.cell * rows);
    }
  }

  chooseFrom(names) {
    this.label.firstChild.textContent = this.lab.labels.layer;
    if (!names.includes(this.layer)) this.layer = names[0];
    if (names.join() === this.names) return;
    this.names = names.join();
    this.choice.replaceChildren(...names.map((name) => new Option(name, name, false, name === this.layer)));
  }

  layout(count, rows, columns) {
    const { width, height } = this.lab.room();
    this.beside = Math.min(height, width / 4, 220);
    const room = width - this.beside - 16;
    const side = (across) => Math.min((room + 4) / across - 4, (height + 4) / Math.ceil(count / across) - 4);
    this.across = range(count).map((i) => i + 1).reduce((best, across) => (side(across) > side(best) ? across : best), 1);
    const fit = Math.max(8, Math.min(side(this.across), 150)) / Math.max(rows, columns);
    this.cell = fit >= 1 ? Math.floor(fit) : fit;
    this.pitch = { x: this.cell * columns + 4, y: this.cell * rows + 4 };
    this.height = Math.max(Math.ceil(count / this.across) * this.pitch.y, this.beside);
    this.width = this.beside + 16 + this.across * this.pitch.x;
  }

  place(map) {
    return [this.beside + 16 + (map % this.across) * this.pitch.x, Math.floor(map / this.across) * this.pitch.y];
  }

  drawPicture(context) {
    const { pictures } = this.lab.store;
    if (!pictures) return;
    const { blob, shape } = pictures.header.picture;
    const image = pictureOf(pictures.blobs[blob], [1, ...shape], 0);
    const factor = this.beside / Math.max(image.width, image.height);
    context.drawImage(image, 0, 0, image.width * factor, image.height * factor);
  }

  raster(map, rows, columns, signed) {
    const image = new ImageData(columns, rows);
    const palette = signed ? this.lab.diverging : this.lab.sequential;
    for (const i of range(rows * columns)) {
      const level = 3 * Math.min(this.levels[map * rows * columns + i], signed ? 254 : 255);
      image.data.set([palette[level], palette[level + 1], palette[level + 2], 255], 4 * i);
    }
    return bitmapOf(image);
  }

  at(event) {
    if (!this.pitch || !this.record) return "";
    const [count, rows, columns] = this.record.shape;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - this.beside - 16, event.clientY - box.top];
    const map = Math.floor(y / this.pitch.y) * this.across + Math.floor(x / this.pitch.x);
    const [row, column] = [Math.floor((y % this.pitch.y) / this.cell), Math.floor((x % this.pitch.x) / this.cell)];
    if (x < 0 || x >= this.across * this.pitch.x || y < 0 || map >= count || row >= rows || column >= columns) return "";
    const level = this.levels[(map * rows + row) * columns + column];
    const value = this.record.extent * (this.record.signed ? (level - 127) / 127 : level / 255);
    return told(this.lab.labels.map, { map: map + 1, row: row + 1, column: column + 1, value: short(value) });
  }
}
