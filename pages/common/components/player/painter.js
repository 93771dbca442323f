// One drawing, two media: a canvas for the screen and the animations, SVG for papers and slides.
// Coordinates are CSS pixels. `begin(name, data)` and `end()` name parts of the drawing; only SVG keeps the names.

const FONT = '"Source Sans", "Segoe UI", Roboto, "DejaVu Sans", sans-serif';
const HATCH_GAP = 6; // pixels between two lines of a hatching

class CanvasPainter {
  constructor(context) {
    this.context = context;
  }

  rect(x, y, width, height, { fill, stroke, thick = 1, dash }) {
    const context = this.context;
    if (fill) {
      context.fillStyle = fill;
      context.fillRect(x, y, width, height);
    }
    if (stroke) {
      this.pen(stroke, thick, dash);
      context.strokeRect(x, y, width, height);
    }
  }

  line(x1, y1, x2, y2, { stroke, thick = 1, dash }) {
    const context = this.context;
    this.pen(stroke, thick, dash);
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  pen(stroke, thick, dash) {
    this.context.strokeStyle = stroke;
    this.context.lineWidth = thick;
    this.context.setLineDash(dash ?? []);
  }

  text(x, y, string, { size, fill, align = "center", bold = false }) {
    const context = this.context;
    context.font = fontOf(size, bold);
    context.fillStyle = fill;
    context.textAlign = align;
    context.textBaseline = "middle";
    context.fillText(string, x, y);
  }

  measure(string, size, bold = false) {
    this.context.font = fontOf(size, bold);
    return this.context.measureText(string).width;
  }

  hatch(x, y, width, height, stroke) {
    for (const [x1, y1, x2, y2] of hatchLines(x, y, width, height)) this.line(x1, y1, x2, y2, { stroke });
  }

  // Cells too small for numbers, as one picture.
  raster(x, y, cell, { rows, columns, levels, canvas }) {
    canvas.getContext("2d").putImageData(levels, 0, 0);
    this.context.imageSmoothingEnabled = false;
    this.context.drawImage(canvas, x, y, columns * cell, rows * cell);
  }

  begin() {}

  end() {}
}

class SvgPainter {
  constructor(width, height, background, measuring) {
    this.measuring = measuring; // a canvas context: SVG text has no width before it is drawn
    this.parts = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family='${FONT}'>`,
      `<rect width="100%" height="100%" fill="${background}"/>`,
    ];
  }

  rect(x, y, width, height, { fill, stroke, thick = 1, dash }) {
    this.parts.push(
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" fill="${fill ?? "none"}"${strokeOf(stroke, thick, dash)}/>`,
    );
  }

  line(x1, y1, x2, y2, { stroke, thick = 1, dash }) {
    this.parts.push(`<line x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"${strokeOf(stroke, thick, dash)}/>`);
  }

  text(x, y, string, { size, fill, align = "center", bold = false }) {
    const anchor = { center: "middle", left: "start", right: "end" }[align];
    const weight = bold ? ' font-weight="600"' : "";
    this.parts.push(
      `<text x="${round(x)}" y="${round(y)}" dy="0.35em" font-size="${round(size)}" fill="${fill}" text-anchor="${anchor}"${weight}>${escaped(string)}</text>`,
    );
  }

  measure(string, size, bold = false) {
    this.measuring.font = fontOf(size, bold);
    return this.measuring.measureText(string).width;
  }

  hatch(x, y, width, height, stroke) {
    for (const [x1, y1, x2, y2] of hatchLines(x, y, width, height)) this.line(x1, y1, x2, y2, { stroke });
  }

  raster(x, y, cell, { columns, levels: { data } }) {
    for (let i = 0; i < data.length / 4; i++) {
      const fill = css(data.subarray(4 * i, 4 * i + 3));
      this.rect(x + (i % columns) * cell, y + Math.floor(i / columns) * cell, cell, cell, { fill });
    }
  }

  begin(name, data = {}) {
    const attributes = Object.entries({ part: name, ...data }).map(([key, value]) => ` data-${key}="${escaped(String(value))}"`);
    this.parts.push(`<g${attributes.join("")}>`);
  }

  end() {
    this.parts.push("</g>");
  }

  finish() {
    return this.parts.join("\n") + "\n</svg>\n";
  }
}

const fontOf = (size, bold) => `${bold ? 600 : 400} ${size}px ${FONT}`;
const round = (value) => Math.round(value * 100) / 100;
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);

function strokeOf(stroke, thick, dash) {
  if (!stroke) return "";
  return ` stroke="${stroke}" stroke-width="${thick}"${dash?.length ? ` stroke-dasharray="${dash.join(" ")}"` : ""}`;
}

// Diagonals x + y = constant, cut off at the rectangle.
function hatchLines(x, y, width, height) {
  const lines = [];
  const first = Math.ceil((x + y) / HATCH_GAP) * HATCH_GAP;
  for (let sum = first; sum < x + y + width + height; sum += HATCH_GAP) {
    const [left, right] = [Math.max(x, sum - y - height), Math.min(x + width, sum - y)];
    if (right > left) lines.push([left, sum - left, right, sum - right]);
  }
  return lines;
}
