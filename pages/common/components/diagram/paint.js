// What the boxes say and which colour they have: by kind, or by a number on a scale from zero.

const PAINTS = ["kind", "parameters", "macs", "memory", "field"];
const FAMILIES = ["convolution", "linear", "pooling", "normalisation", "activation", "merge", "reshape", "regularisation", "other"];
// Okabe and Ito's colours, which stay apart for readers who do not tell red from green.
const HUES = {
  convolution: "#0072b2", linear: "#d55e00", pooling: "#009e73", normalisation: "#cc79a7", activation: "#e69f00",
  merge: "#56b4e9", reshape: "#8a8a8a", regularisation: "#b8a100", other: "#6b6b6b",
};
const UNITS = [[1e9, " G"], [1e6, " M"], [1e3, " k"]];

const grouped = (number) => Math.round(number).toString().replace(/\B(?=(\d{3})+$)/g, ",");
const shapeText = (shape, times = "×") => (shape ?? []).map(String).join(times);

// Three digits are enough for a glance; the exact number is among the facts.
function short(number) {
  const [size, unit] = UNITS.find(([least]) => number >= least * 0.9995) ?? [1, ""];
  const scaled = number / size;
  return (size === 1 ? grouped(number) : scaled.toFixed(scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0)) + unit;
}

const bytesText = (number) => `${short(number)}${number >= 999.5 ? "" : " "}B`;

function shareText(part, total) {
  if (!total || !part) return "";
  const share = (100 * part) / total;
  if (share < 0.1) return `< 0.1${percentSign}`;
  return `${share >= 99.95 ? 100 : share.toFixed(share < 9.95 ? 1 : 0)}${percentSign}`;
}

function valueOf(box, paint) {
  if (paint !== "field") return box[paint];
  return box.whole ? Infinity : box.field ? Math.max(box.field.rows[0], box.field.columns[0]) : 0;
}

function valueText(box, paint, total, labels) {
  const value = valueOf(box, paint);
  if (paint === "field") return box.whole ? labels.whole_short : box.field ? `${box.field.rows[0]}×${box.field.columns[0]}` : "";
  if (!value) return "";
  return [paint === "memory" ? bytesText(value) : short(value), shareText(value, total)].filter(Boolean).join(" · ");
}

// The scale of what is visible: folded groups count by their total, open ones by what is in them.
class Scale {
  constructor(boxes, paint, palette) {
    this.paint = paint;
    this.palette = palette;
    const values = boxes.map((box) => valueOf(box, paint)).filter((value) => Number.isFinite(value));
    this.most = Math.max(0, ...values);
    this.least = Math.min(this.most, ...values);
  }

  // The colour of a box, or null where there is nothing to paint.
  colour(box) {
    const value = valueOf(box, this.paint);
    if (!value) return null;
    const part = value === Infinity ? 1 : this.most ? value / this.most : 0;
    const i = 3 * Math.round(255 * clamp01(part));
    return [this.palette[i], this.palette[i + 1], this.palette[i + 2]];
  }
}

const linear = (level) => (level <= 10.3 ? level / 3294.6 : ((level / 255 + 0.055) / 1.055) ** 2.4);
const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
// Black or white: on every colour one of them has a contrast of 4.5 to 1.
const readable = (colour) => (luminance(colour) > 0.179 ? "#000" : "#fff");

const channels = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const mixed = (hex, part, paper = [255, 255, 255]) => css(channels(hex).map((level, i) => Math.round(part * level + (1 - part) * paper[i])));
