// Colours of numbers. The diverging palette comes from cnnviz.figures: 255 colours, the middle one is zero.

const MIDDLE = 127;

const clamp01 = (value) => Math.min(Math.max(value, 0), 1);

const levelOf = (value, scale) => MIDDLE + Math.round(MIDDLE * Math.min(Math.max(value / scale, -1), 1));

function divergingColour(palette, value, scale) {
  const i = 3 * (scale > 0 ? levelOf(value, scale) : MIDDLE);
  return [palette[i], palette[i + 1], palette[i + 2]];
}

function greyColour(value) {
  const level = Math.round(255 * clamp01(value));
  return [level, level, level];
}

const css = ([red, green, blue]) => `rgb(${red}, ${green}, ${blue})`;

// Black or white, whichever is easier to read on the colour.
const inkOn = ([red, green, blue]) => (0.299 * red + 0.587 * green + 0.114 * blue > 140 ? "#111" : "#fff");

// The true minus sign keeps columns of numbers aligned; "-0.00" is not a number anyone wants to read.
function formatNumber(value, decimals) {
  const text = value.toFixed(decimals);
  if (Number(text) === 0) return (0).toFixed(decimals);
  return text.replace("-", "\u2212");
}

// A weight as short as it can be said: 1, -0.5, 0.0625.
function formatWeight(value, decimals) {
  const rounded = Number(value.toFixed(decimals));
  if (rounded === 0 && value !== 0) return value < 0 ? "\u22120" : "0";
  return String(rounded).replace("-", "\u2212");
}
