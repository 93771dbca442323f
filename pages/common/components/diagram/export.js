// Taking the diagram away: as it is folded and painted, with colours for paper.

const FILE_MARGIN = 24;
const PNG_RATIO = 2;
const MOST_PIXELS = 16_000; // of a side: browsers give up beyond, some of them earlier
const SMALLER = [1, 0.5, 0.25]; // what is tried then

Object.assign(Diagram.prototype, {
  async save(kind) {
    this.part(".export").open = false;
    const { text, width, height } = this.file();
    const svg = new Blob([text], { type: "image/svg+xml" });
    const blob = kind === "svg" ? svg : await this.png(svg, width, height);
    this.part(".refused").textContent = blob ? "" : this.labels.too_large;
    if (blob) saveAs(blob, `${this.fileName()}.${kind}`);
  },

  // The menu closes like others: by Escape, and by a click elsewhere.
  listenToExport() {
    const menu = this.part(".export");
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      this.part(".export summary").focus();
    });
    document.addEventListener("pointerdown", (event) => {
      if (!event.composedPath().includes(menu)) menu.open = false;
    }, { signal: this.removal.signal });
  },

  fileName() {
    const name = this.trees.map(({ title }) => title).join(" - ");
    return name.replace(/[^\p{L}\p{N} ._-]+/gu, " ").trim().slice(0, 80) || "network";
  },

  // Letters are measured as they will be drawn: a file cannot bring its font.
  file() {
    const context = document.createElement("canvas").getContext("2d");
    const measure = (text, bold) => {
      context.font = bold ? `600 ${TITLE}px ${FILE_THEME.font}` : `${TEXT}px ${FILE_THEME.font}`;
      return context.measureText(text).width;
    };
    const laid = this.layout(measure, true);
    const drawing = this.drawing(FILE_THEME, measure);
    const legend = this.fileLegend(drawing, laid);
    const [width, height] = [Math.max(laid.width, legend.width) + 2 * FILE_MARGIN, laid.height + legend.height + 2 * FILE_MARGIN].map(Math.ceil);
    const text = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-FILE_MARGIN} ${-FILE_MARGIN} ${width} ${height}" font-family="${FILE_THEME.font}" fill="${FILE_THEME.ink}">`
      + `<title>${escaped(this.trees.map(({ title }) => title).join(", "))}</title><rect x="${-FILE_MARGIN}" y="${-FILE_MARGIN}" width="${width}" height="${height}" fill="${FILE_THEME.paper}"/>`
      + `${drawing.draw(laid)}${legend.text}</svg>`;
    return { text, width, height };
  },

  // The legend below the drawing, in lines as wide as the drawing.
  fileLegend(drawing, laid) {
    const items = [...(this.scale ? [[`${this.labels.paints[this.paint]}: ${this.scaleNote()}`]] : this.familyNames()), ...this.signNames()];
    const room = Math.max(laid.width, 320);
    const scaled = this.scale?.most > 0;
    let [x, y, wide, text] = [0, laid.height + 26, 0, scaled ? this.fileScale(drawing, laid.height + 18) : ""];
    if (scaled) y += 26;
    for (const [name, swatch] of items) {
      const width = drawing.measure(name, false) + (swatch ? 22 : 0) + 16;
      if (x + width > room && x > 0) [x, y] = [0, y + 20];
      if (swatch) text += `<g transform="translate(${x} ${y - 11})">${swatch}</g>`;
      text += drawing.text(name, x + (swatch ? 20 : 0), y, {});
      x += width;
      wide = Math.max(wide, x);
    }
    return { text, width: wide, height: y - laid.height + 6 };
  },

  familyNames() {
    const found = new Set([...this.boxes.values()].filter((box) => !box.children).map((box) => box.family));
    return FAMILIES.filter((family) => found.has(family)).map((family) => [this.labels.families[family], `<rect y="1" width="14" height="12" rx="2" fill="${FILE_THEME.family(family)}" stroke="${FILE_THEME.hue(family)}"/>`]);
  },

  signNames() {
    return this.signItems().map(([name, text, d]) => [text, `<path d="${d}" fill="none" stroke="${name === "mark" ? FILE_THEME.mark : FILE_THEME.line}" stroke-width="1.6"/>`]);
  },

  fileScale(drawing, y) {
    const stops = Array.from({ length: 9 }, (_, i) => {
      const at = 3 * Math.round((255 * i) / 8);
      return `<stop offset="${i / 8}" stop-color="${css([this.palette[at], this.palette[at + 1], this.palette[at + 2]])}"/>`;
    });
    return `<defs><linearGradient id="scale">${stops.join("")}</linearGradient></defs>${drawing.text("0", 0, y + 10, {})}<rect x="14" y="${y}" width="200" height="12" fill="url(#scale)"/>${drawing.text(this.mostText(), 222, y + 10, {})}`;
  },

  // As large as the browser can draw it; null when it cannot.
  async png(svg, width, height) {
    const image = new Image();
    image.src = URL.createObjectURL(svg);
    try {
      await image.decode();
      const most = Math.min(PNG_RATIO, MOST_PIXELS / Math.max(width, height));
      for (const ratio of SMALLER.map((part) => part * most)) {
        const blob = await drawn(image, Math.ceil(width * ratio), Math.ceil(height * ratio));
        if (blob) return blob;
      }
      return null;
    } catch (error) {
      if (error.name === "EncodingError") return null; // too large an image to begin with
      throw error;
    } finally {
      URL.revokeObjectURL(image.src);
    }
  },
});

// null from browsers that have no canvas as large as that
function drawn(image, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d").drawImage(image, 0, 0, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function saveAs(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
