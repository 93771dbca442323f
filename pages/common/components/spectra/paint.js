// Numbers into colours: gains on the chosen scale, spectra as levels of their logarithm.

const SCALED = { linear: (gain) => gain, log: Math.log1p, db: (gain) => decibels(gain, DB_FLOOR) };

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

  // Little-endian, as browsers are: a pixel is 0xAABBGGRR.
  coloured(levels, palette) {
    const colours = new Uint32Array(NOTHING + 1).fill(0xff808080);
    for (let i = 0; i < 256; i++) colours[i] = 0xff000000 | (palette[3 * i + 2] << 16) | (palette[3 * i + 1] << 8) | palette[3 * i];
    const image = new ImageData(GRID, GRID);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < levels.length; i++) pixels[i] = colours[levels[i]];
    return image;
  },

  // Gains as palette entries on the chosen scale.
  responseLevels() {
    return this.scale === "phase" ? this.phaseLevels() : this.gainLevels();
  },

  gainLevels() {
    const { gains } = this;
    const levels = new Uint16Array(gains.length);
    const scaled = SCALED[this.scale];
    const [low, high] = this.limits();
    const step = 255 / (high - low || 1);
    for (let i = 0; i < levels.length; i++) levels[i] = Math.round(Math.min(Math.max((scaled(gains[i]) - low) * step, 0), 255));
    return levels;
  },

  phaseLevels() {
    const { gains, peak, grid: { re, im } } = this;
    return Uint16Array.from(gains, (gain, i) =>
      gain <= 1e-6 * peak ? NOTHING : Math.round(((phaseOf(re[i], im[i], peak) + Math.PI) / TURN) * 255));
  },

  limits() {
    const { peak } = this;
    if (this.scale === "db") return [DB_FLOOR, Math.max(decibels(peak, DB_FLOOR), DB_FLOOR + 1)];
    return [0, SCALED[this.scale](peak)];
  },

  // A spectrum is sent as levels of its logarithm; times the response it becomes the spectrum of the result.
  spectrumLevels({ spectrum, times }) {
    const bytes = this.bytes(spectrum);
    if (!bytes) return null;
    const levels = new Uint16Array(bytes);
    if (!times) return levels;
    const perDecade = 255 / (spectrum.high - spectrum.low);
    for (let i = 0; i < levels.length; i++) {
      const gain = this.gains[i];
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
        const [low, high] = this.limits();
        const unit = this.scale === "db" ? " dB" : "";
        panel.drawScale(this.palettes.sequential, short(low) + unit, short(high) + unit);
      }
    }
  },
});
