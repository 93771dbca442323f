// Canvases and axes.

// A canvas that fills its box, drawn in CSS pixels.
function surface(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  const [across, down] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width !== across || canvas.height !== down) [canvas.width, canvas.height] = [across, down];
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  return context;
}

// Round numbers from `low` to `high`, about `count` of them.
function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((each) => each * power).find((each) => each >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  return range(Math.floor(high / step + 1e-9) - first + 1).map((i) => Number(((first + i) * step).toPrecision(10)));
}

// What of the run the axis of epochs shows: all of a short one, of a long one twice what there is.
function epochsShown(last, planned) {
  if (planned <= 30) return Math.max(planned, last, 1);
  let shown = 10;
  while (shown < last * 1.05) shown *= 2;
  return Math.max(Math.min(shown, planned), last);
}

// The colours of the page, read from its style.
function themeOf(host) {
  const style = getComputedStyle(host);
  const read = (name, other) => style.getPropertyValue(name).trim() || other;
  const [text, paper] = [read("--st-text-color", "#31333f"), read("--st-background-color", "#ffffff")];
  const dark = brightness(paper) < 128;
  const font = read("--st-font", "sans-serif");
  const hues = dark ? { training: "#56b4e9", test: "#f0a04b" } : { training: "#0072b2", test: "#d55e00" };
  return { text, paper, dark, font, ...hues, steps: dark ? "#3f6f8c" : "#9cc3dd", line: dark ? "#4a4f5a" : "#d5dae1", right: dark ? "#2fc796" : "#007f5f", wrong: dark ? "#f0803c" : "#c44e00", share: dark ? [242, 165, 65] : [11, 95, 165] };
}

function brightness(colour) {
  const [red, green, blue] = rgbOf(colour);
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

function rgbOf(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  const text = context.fillStyle;
  if (text.startsWith("#")) return [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
  return text.match(/[\d.]+/g).slice(0, 3).map(Number);
}
