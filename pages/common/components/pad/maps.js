// The maps of the first convolution, and those after the first pooling.

const MOST_MAPS = 16;

// [{layer, signed, maps}] from the outputs of all layers.
function shownMaps(network, outputs) {
  const first = (kinds) => network.steps.findIndex(({ kind }) => kinds.includes(kind));
  const found = [
    { index: first(["convolution"]), signed: true },
    { index: first(["max_pool", "average_pool", "adaptive_average_pool"]), signed: false },
  ];
  return found.filter(({ index }) => index >= 0).map(({ index, signed }) => ({ layer: layerTitle(network.steps[index].name), signed, maps: outputs[index] }));
}

// "c1.conv" is layer C1 of the paper.
const layerTitle = (name) => name.split(".")[0].replace(/^[a-z]\d+$/, (letters) => letters.toUpperCase());

class MapStrips {
  constructor(element) {
    this.element = element;
    this.strips = [];
  }

  show(strips, labels, palettes) {
    while (this.element.children.length > strips.length) this.element.lastChild.remove();
    while (this.element.children.length < strips.length) {
      this.element.append(Object.assign(document.createElement("figure"), { innerHTML: "<figcaption></figcaption><div></div>" }));
    }
    strips.forEach((strip, i) => this.strip(this.element.children[i], strip, labels, palettes));
  }

  strip(figure, { layer, signed, maps }, labels, palettes) {
    const scale = maps.values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const isSigned = signed || maps.values.some((value) => value < 0);
    const shown = Math.min(maps.channels, MOST_MAPS);
    const low = isSigned ? formatNumber(-scale, 2) : "0";
    const values = { layer, shown, count: maps.channels, rows: maps.rows, columns: maps.columns, low, high: formatNumber(scale, 2) };
    const title = fill(shown < maps.channels ? labels.map : labels.map_all, values);
    figure.querySelector("figcaption").textContent = `${title} (${signed ? labels.before : labels.pooled}: ${isSigned ? labels.signed : labels.bright})`;
    const row = figure.querySelector("div");
    while (row.children.length > shown) row.lastChild.remove();
    while (row.children.length < shown) row.append(document.createElement("canvas"));
    const colour = isSigned
      ? (value) => divergingColour(palettes.diverging, value, scale)
      : (value) => sequentialColour(palettes.sequential, value, scale);
    for (let channel = 0; channel < shown; channel++) paintMap(row.children[channel], maps, channel, colour);
  }
}

function sequentialColour(palette, value, scale) {
  const i = 3 * (scale > 0 ? Math.round(255 * clamp01(value / scale)) : 0);
  return [palette[i], palette[i + 1], palette[i + 2]];
}

function paintMap(canvas, { rows, columns, values }, channel, colour) {
  if (canvas.width !== columns) canvas.width = columns;
  if (canvas.height !== rows) canvas.height = rows;
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) image.data.set([...colour(values[channel * rows * columns + i]), 255], 4 * i);
  canvas.getContext("2d").putImageData(image, 0, 0);
}
