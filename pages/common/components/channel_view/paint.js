// Numbers as colours: diverging where some are negative, else sequential from zero. A scale says so and is printed.

class Scale {
  constructor(values, palettes) {
    let [low, high] = [0, 0];
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    this.signed = low < 0;
    this.largest = Math.max(high, -low);
    this.palette = this.signed ? palettes.diverging : palettes.sequential;
  }

  // Place of a number in the palette, times 3.
  index(value) {
    if (!(this.largest > 0)) return 3 * (this.signed ? MIDDLE : 0);
    return 3 * (this.signed ? levelOf(value, this.largest) : Math.round(255 * clamp01(value / this.largest)));
  }

  colour(value) {
    const i = this.index(value);
    return [this.palette[i], this.palette[i + 1], this.palette[i + 2]];
  }

  get low() {
    return this.signed ? -this.largest : 0;
  }

  get text() {
    return `${significant(this.low)} \u2026 ${significant(this.largest)}`;
  }
}

// A number with four digits that count; very small ones with a power of ten.
function significant(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.floor(Math.log10(Math.abs(value)));
  if (size < -4 || size > 5) return value.toExponential(2).replace(/-/g, "\u2212");
  return formatNumber(value, Math.min(Math.max(3 - size, 0), 6));
}

// The same with six digits, for what is multiplied.
function precise(value) {
  if (value === 0) return "0";
  const text = Math.abs(value) >= 1e-4 && Math.abs(value) < 1e6 ? String(Number(value.toPrecision(6))) : value.toExponential(5);
  return text.replace(/-/g, "\u2212");
}

// As many decimals for all numbers of a sum that a reader can add them up.
function decimalsFor(...arrays) {
  let largest = 1e-6;
  for (const values of arrays) for (const value of values) if (Math.abs(value) > largest) largest = Math.abs(value);
  return Math.min(Math.max(4 - Math.floor(Math.log10(largest)), 1), 7);
}

function bitmapOf(values, rows, columns, scale) {
  const canvas = new OffscreenCanvas(columns, rows);
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const at = scale.index(values[i]);
    image.data[4 * i] = scale.palette[at];
    image.data[4 * i + 1] = scale.palette[at + 1];
    image.data[4 * i + 2] = scale.palette[at + 2];
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// A map on a canvas of its own size; CSS enlarges it with sharp edges.
function paintMap(canvas, values, rows, columns, scale) {
  [canvas.width, canvas.height] = [columns, rows];
  canvas.getContext("2d").drawImage(bitmapOf(values, rows, columns, scale), 0, 0);
}

// Colours from the lowest to the highest number, which are printed beside it.
function colourBar(scale) {
  const bar = document.createElement("span");
  bar.className = "colourbar";
  const canvas = Object.assign(document.createElement("canvas"), { width: 128, height: 1 });
  const steps = Float32Array.from({ length: 128 }, (_, i) => scale.low + ((scale.largest - scale.low) * i) / 127);
  paintMap(canvas, steps, 1, 128, scale);
  bar.append(significant(scale.low), canvas, significant(scale.largest));
  return bar;
}

const element = (tag, className, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
};

const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);
