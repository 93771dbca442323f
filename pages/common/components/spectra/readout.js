// What is told beside the panels: the frequency that is looked at, and the probe's wave before and after.

Object.assign(Spectra.prototype, {
  read() {
    const { labels, looked } = this;
    const lines = [];
    if (looked) {
      const [fRow, fColumn] = looked;
      const radius = Math.hypot(fRow, fColumn);
      lines.push(fill(labels.place, {
        row: signed(fRow, 4), column: signed(fColumn, 4),
        wavelength: radius > 0 ? (1 / radius).toFixed(2) : "∞",
        angle: radius > 0 ? direction(fRow, fColumn).toFixed(1) : "–",
      }));
      if (this.response) lines.push(this.gainText(fRow, fColumn));
      if (this.header.stride > 1) lines.push(this.foldText(fRow, fColumn));
    } else lines.push(labels.hint);
    const readout = this.part(".readout");
    readout.replaceChildren(...lines.map((line) => Object.assign(document.createElement("div"), { textContent: line })));
  },

  gainText(fRow, fColumn) {
    const [re, im] = this.response.at(fRow, fColumn);
    const gain = Math.hypot(re, im);
    const { peak } = this;
    const phase = gain <= 1e-6 * peak ? "–" : `${signed((phaseOf(re, im, peak) * 180) / Math.PI, 1)}°`;
    return fill(this.labels.gain, { gain: gain.toFixed(4), decibels: gain > 1e-12 * peak ? signed(20 * Math.log10(gain), 1) : "\u2212∞", phase });
  },

  foldText(fRow, fColumn) {
    const { stride } = this.header;
    const alias = [folded(fRow, stride), folded(fColumn, stride)];
    const farthest = Math.max(Math.abs(fRow), Math.abs(fColumn)) * stride;
    const told = farthest < 0.5 - 1e-9 ? "kept" : farthest <= 0.5 + 1e-9 ? "limit" : "folds";
    return fill(this.labels[told], {
      row: signed(alias[0] / stride, 4), column: signed(alias[1] / stride, 4), out_row: signed(alias[0], 3), out_column: signed(alias[1], 3),
    });
  },

  // The grating at the probe, before and after the filter, and its amplitude measured in both.
  showProbe() {
    const box = this.part(".probe");
    box.hidden = !this.response || !this.probe || Boolean(this.header.brush);
    if (box.hidden) return;
    const [fRow, fColumn] = this.probe;
    const id = `${this.header.signature} ${fRow} ${fColumn}`;
    if (box.dataset.id === id && box.dataset.language === this.labels.language) return;
    Object.assign(box.dataset, { id, language: this.labels.language });
    const [before, after] = [grating(fRow, fColumn, WAVE), this.response.filtered(fRow, fColumn, WAVE)];
    const [plain, filtered] = [before, after].map((wave) => amplitudeOf(wave, fRow, fColumn, WAVE));
    const [first, second] = box.querySelectorAll("canvas");
    const largest = Math.max(1, filtered);
    paintWave(first, before, largest);
    paintWave(second, after, largest);
    const gain = Math.hypot(...this.response.at(fRow, fColumn));
    this.measured = { before: plain, after: filtered, ratio: filtered / plain, gain };
    const numbers = { row: signed(fRow, 3), column: signed(fColumn, 3), before: plain.toFixed(3), after: filtered.toFixed(3), ratio: (filtered / plain).toFixed(4), gain: gain.toFixed(4) };
    const told = [this.labels.probe, ...(this.header.design ? [this.labels.by_gain] : [this.labels.amplitudes, this.labels.ratio])].map((text) => fill(text, numbers));
    box.querySelector(".told").replaceChildren(...told.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
  },
});
