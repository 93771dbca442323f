// Numbers as they are written: three digits, a true minus, no unit twice.

function short(value, digits = 3) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(Math.min(digits - 1, 1)).replace("e+", "e") : String(Number(value.toPrecision(digits)));
  return text.replaceAll("-", "\u2212");
}

const percent = (share, digits = 0) => (share === null || share === undefined ? "–" : `${(100 * share).toFixed(digits)}${percentSign}`);

// "{name}" filled in.
const told = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const range = (count) => Array.from({ length: count }, (_, i) => i);

const element = (name, className = "", text = "") => Object.assign(document.createElement(name), { className, textContent: text });
