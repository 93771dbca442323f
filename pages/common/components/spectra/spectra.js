// A picture, its spectrum, the response of a filter and what they make: the panels of the frequency pages.
// Python says which panels there are; pointing, the probe, the scale of the response and brushing run here.

const SCALES = ["linear", "log", "db", "phase"];
const NARROW_PAGE = 640; // pixels of the component: a phone
const WAVE = 64; // pixels of a side of the gratings
const MARKUP = `
  <div class="bar" role="toolbar"><span class="choice scales"></span></div>
  <div class="body">
    <div class="panels"></div>
    <div class="aside">
      <div class="readout" aria-live="polite"></div>
      <div class="probe" hidden><div class="waves"><canvas width="${WAVE}" height="${WAVE}"></canvas><span>→</span><canvas width="${WAVE}" height="${WAVE}"></canvas></div><div class="told"></div></div>
    </div>
  </div>`;

class Spectra {
  constructor(parent) {
    this.host = Object.assign(document.createElement("div"), { className: "spectra", innerHTML: MARKUP });
    this.host.spectra = this;
    parent.appendChild(this.host);
    this.part = (selector) => this.host.querySelector(selector);
    this.panels = [];
    [this.focus, this.stroke, this.images] = [null, null, new Map()];
    this.part(".scales").addEventListener("click", (event) => this.chooseScale(event.target.closest("button")?.dataset.scale));
    this.listen(this.part(".panels"));
    this.onBlobs = () => this.refresh();
    addEventListener("cnnviz-blobs", this.onBlobs);
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.host);
  }

  destroy() {
    this.observer.disconnect();
    removeEventListener("cnnviz-blobs", this.onBlobs);
    cancelAnimationFrame(this.pending);
    clearTimeout(this.later);
    for (const panel of this.panels) panel.destroy();
  }

  receive({ header, blobs }, send) {
    Object.assign(this, { header, blobs, send, labels: header.labels });
    this.scale = header.scale;
    if (!this.dragging && !this.later) this.probe = header.probe; // else a newer one is under way
    this.palettes = { sequential: blobs[header.palettes.sequential], cyclic: blobs[header.palettes.cyclic] };
    this.response = this.responseOf(header);
    this.grid = this.response?.grid(GRID);
    this.gains = this.grid && gainsOf(this.grid);
    this.peak = this.gains?.reduce((most, gain) => Math.max(most, gain), 0);
    this.images.clear();
    this.drawBar();
    this.arrange();
    return this.refresh();
  }

  responseOf({ kernel, design }) {
    if (kernel) return new KernelResponse(kernel, new Float64Array(this.blobs[kernel.blob].slice().buffer));
    if (design) return new DesignedResponse(design, new Uint16Array(this.blobs[design.blob].slice().buffer));
    return null;
  }

  // Bytes of a panel: sent along, or kept in the store under a name.
  bytes({ blob, key }) {
    return key === undefined ? this.blobs[blob] : globalThis.cnnvizBlobs?.get(key);
  }

  arrange() {
    const { panels } = this.header;
    while (this.panels.length > panels.length) this.panels.pop().destroy();
    while (this.panels.length < panels.length) {
      const panel = new Panel(this);
      this.part(".panels").appendChild(panel.element);
      this.panels.push(panel);
    }
    panels.forEach((record, i) => this.panels[i].set(record));
  }

  async refresh() {
    if (!this.header) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.images.clear();
    await Promise.all(this.panels.map((panel) => panel.load()));
    if (turn !== this.turn) return;
    this.layout();
    this.host.dataset.painted = this.header.signature;
  }

  layout() {
    if (!this.header || !this.host.clientWidth) return;
    const width = this.host.clientWidth;
    const narrow = width < NARROW_PAGE;
    this.host.classList.toggle("narrow", narrow);
    this.host.style.setProperty("--across", narrow ? 2 : this.header.across);
    const tallest = narrow ? width : Math.max(200, Math.min(320, innerHeight * 0.29));
    for (const panel of this.panels) panel.limit(tallest);
    for (const panel of this.panels) {
      panel.resize();
      panel.draw();
    }
    this.scales();
    this.follow();
  }

  // ---- bar

  drawBar() {
    this.part(".bar").hidden = !this.response || Boolean(this.header.brush);
    this.part(".scales").replaceChildren(...SCALES.map((scale) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: this.labels.scales[scale] });
      button.dataset.scale = scale;
      button.setAttribute("aria-pressed", scale === this.scale);
      return button;
    }));
  }

  chooseScale(scale) {
    if (!scale || scale === this.scale) return;
    this.scale = scale;
    this.images.clear();
    this.drawBar();
    this.layout();
    this.send("scale", scale);
  }

  get looked() {
    return this.focus ?? this.probe;
  }
}

function gainsOf({ re, im }) {
  const gains = new Float64Array(re.length);
  for (let i = 0; i < gains.length; i++) gains[i] = Math.sqrt(re[i] * re[i] + im[i] * im[i]);
  return gains;
}

const NOTHING = 300; // beyond the palette: there is no phase
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const rounded = ([fRow, fColumn]) => [Math.round(fRow * 1e4) / 1e4, Math.round(fColumn * 1e4) / 1e4];
const signed = (value, decimals) => formatNumber(value, decimals);
const short = (value) => formatNumber(value, Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

// The direction in which the wave changes: 0° to the right, 90° down.
function direction(fRow, fColumn) {
  const degrees = (Math.atan2(fRow, fColumn) * 180) / Math.PI;
  return ((degrees % 180) + 180) % 180;
}

// Rounding must not turn a phase of pi into minus pi.
function phaseOf(re, im, peak) {
  return Math.atan2(Math.abs(im) <= 1e-12 * peak ? 0 : im, re);
}

function paintWave(canvas, wave, largest) {
  const image = new ImageData(WAVE, WAVE);
  wave.forEach((value, i) => {
    const level = Math.round(255 * clamp01(0.5 + value / largest / 2));
    image.data.set([level, level, level, 255], 4 * i);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
}
