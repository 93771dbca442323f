// Numbers into colours: gains on the chosen scale, spectra as levels of their logarithm.

Object.assign(Spectra.prototype, {
  // Pixels of a frequency panel; the same until new data or another scale.
  paint(record) {
    if (!this.images.has(record.name)) {
      const levels = record.kind === "response" ? this.responseLevels() : this.spectrumLevels(record);
      if (!levels) return null;
      this.images.set(record.name, this.coloured(levels, record.kind === "response" && this.scale === "phase" ? this.palettes.cyclic : this.palettes.sequential));
    }
    return this.images.get(record.name);
  },

  coloured(levels, palette) {
    const image = new ImageData(GRID, GRID);
    const data = image.data;
    for (let i = 0, o = 0; i < levels.length; i++, o += 4) {
      const p = 3 * levels[i];
      if (levels[i] === NOTHING) [data[o], data[o + 1], data[o + 2]] = [128, 128, 128];
      else [data[o], data[o + 1], data[o + 2]] = [palette[p], palette[p + 1], palette[p + 2]];
      data[o + 3] = 255;
    }
    return image;
  },

  // Gains as palette entries on the chosen scale.
  responseLevels() {
    const { re, im } = this.grid;
    const levels = new Uint16Array(re.length);
    const peak = this.peak();
    const [low, high] = this.limits(peak);
    for (let i = 0; i < levels.length; i++) {
      const gain = Math.hypot(re[i], im[i]);
      if (this.scale === "phase") {
        levels[i] = gain <= 1e-6 * peak ? NOTHING : Math.round(((phaseOf(re[i], im[i], peak) + Math.PI) / TURN) * 255);
      } else levels[i] = Math.round(255 * clamp01((this.scaled(gain) - low) / (high - low || 1)));
    }
    return levels;
  },

  scaled(gain) {
    return { linear: gain, log: Math.log1p(gain), db: decibels(gain, DB_FLOOR) }[this.scale];
  },

  peak() {
    const { re, im } = this.grid;
    let peak = 0;
    for (let i = 0; i < re.length; i++) peak = Math.max(peak, Math.hypot(re[i], im[i]));
    return peak;
  },

  limits(peak) {
    if (this.scale === "db") return [DB_FLOOR, Math.max(decibels(peak, DB_FLOOR), DB_FLOOR + 1)];
    return [0, this.scaled(peak)];
  },

  // A spectrum is sent as levels of its logarithm; times the response it becomes the spectrum of the result.
  spectrumLevels({ spectrum, times }) {
    const bytes = this.bytes(spectrum);
    if (!bytes) return null;
    const levels = new Uint16Array(bytes);
    if (!times) return levels;
    const { re, im } = this.grid;
    const perDecade = 255 / (spectrum.high - spectrum.low);
    for (let i = 0; i < levels.length; i++) {
      const gain = Math.hypot(re[i], im[i]);
      levels[i] = gain === 0 ? 0 : Math.round(Math.min(Math.max(levels[i] + perDecade * Math.log10(gain), 0), 255));
    }
    return levels;
  },

  scales() {
    for (const panel of this.panels) {
      const { kind, spectrum } = panel.record;
      if (kind === "picture") panel.drawScale(panel.record.palette === undefined ? null : this.blobs[panel.record.palette], panel.record.low, panel.record.high);
      else if (kind === "spectrum") panel.drawScale(this.palettes.sequential, formatNumber(spectrum.low, 1), `${formatNumber(spectrum.high, 1)} log₁₀`);
      else if (this.scale === "phase") panel.drawScale(this.palettes.cyclic, "\u2212180°", "180°");
      else {
        const [low, high] = this.limits(this.peak());
        const unit = this.scale === "db" ? " dB" : "";
        panel.drawScale(this.palettes.sequential, short(low) + unit, short(high) + unit);
      }
    }
  },
});
