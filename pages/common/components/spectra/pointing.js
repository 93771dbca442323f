// Mouse, touch and keys: where one points, the probe, the brush, and what is drawn over a spectrum.

Object.assign(Spectra.prototype, {
  listen(area) {
    const panelOf = (event) => {
      const panel = event.target.closest?.(".panel")?.panel;
      return panel?.isFrequency ? panel : null;
    };
    area.addEventListener("pointermove", (event) => this.move(panelOf(event), event));
    area.addEventListener("pointerleave", () => this.leave());
    area.addEventListener("pointerdown", (event) => this.press(panelOf(event), event));
    area.addEventListener("pointerup", () => this.release());
    area.addEventListener("pointercancel", () => this.release());
    area.addEventListener("keydown", (event) => panelOf(event) && this.key(event));
  },

  move(panel, event) {
    if (this.dragging) panel = this.dragging;
    if (!panel) return this.leave();
    const frequency = panel.frequencyAt(event);
    if (this.stroke) this.stroke.push(frequency);
    else if (this.dragging) this.probe = frequency;
    this.focus = frequency;
    this.schedule();
  },

  leave() {
    if (this.dragging) return;
    this.focus = null;
    this.schedule();
  },

  press(panel, event) {
    if (!panel || event.button > 0) return;
    panel.plate.setPointerCapture(event.pointerId);
    this.dragging = panel;
    this.stroke = this.header.brush && panel.record.name === "spectrum" ? [] : null;
    this.move(panel, event);
  },

  release() {
    if (!this.dragging) return;
    this.dragging = null;
    if (this.stroke) this.send("stroke", this.stroke.map(rounded));
    else if (this.probe) this.send("probe", rounded(this.probe));
    this.stroke = null;
    this.schedule();
  },

  // Arrows move the probe by a 64th, with shift by a 256th of a cycle per pixel; in the brush, Enter marks it.
  key(event) {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (event.key === "Enter" && this.header.brush && this.probe) this.send("stroke", [rounded(this.probe)]);
    else if (move) {
      const step = event.shiftKey ? 1 / 256 : 1 / 64;
      this.probe = (this.probe ?? [0, 0]).map((f, i) => Math.min(Math.max(f + move[i] * step, -0.5), 0.5));
      clearTimeout(this.later);
      this.later = setTimeout(() => {
        this.later = null;
        this.send("probe", rounded(this.probe));
      }, 400);
    } else return;
    this.focus = null;
    event.preventDefault();
    this.schedule();
  },

  schedule() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.follow());
  },

  // Everything that depends on where one points.
  follow() {
    if (!this.header) return;
    for (const panel of this.panels) panel.drawMarks();
    this.read();
    this.showProbe();
  },

  // What lies over a spectrum: the stroke under way, the zones of a subsampling and where a frequency folds to.
  drawOverlay(panel, context) {
    const { brush, stride } = this.header;
    if (brush && panel.record.name === "spectrum") {
      context.drawImage(this.veil(), 0, 0, panel.width, panel.height);
      if (this.stroke) this.drawStroke(panel, context, brush.radius);
    }
    if (stride > 1 && panel.record.zones) this.drawZones(panel, context, stride);
  },

  // Red over what is taken away.
  veil() {
    if (this.veiled?.signature !== this.header.signature) {
      const image = new ImageData(GRID, GRID);
      this.grid.re.forEach((gain, i) => image.data.set([255, 60, 60, Math.round(150 * (1 - gain))], 4 * i));
      const canvas = new OffscreenCanvas(GRID, GRID);
      canvas.getContext("2d").putImageData(image, 0, 0);
      this.veiled = { signature: this.header.signature, canvas };
    }
    return this.veiled.canvas;
  },

  drawStroke(panel, context, radius) {
    context.fillStyle = "rgba(255, 60, 60, 0.55)";
    context.beginPath();
    for (const [fRow, fColumn] of this.stroke) {
      for (const sign of [1, -1]) {
        const [x, y] = [panel.x(sign * fColumn), panel.y(sign * fRow)];
        context.moveTo(x, y);
        context.ellipse(x, y, radius * panel.width, radius * panel.height, 0, 0, TURN);
      }
    }
    context.fill();
  },

  drawZones(panel, context, stride) {
    const half = 0.5 / stride;
    context.strokeStyle = "#ffffff";
    context.lineWidth = 1.5;
    context.strokeRect(panel.x(-half), panel.y(-half), panel.x(half) - panel.x(-half), panel.y(half) - panel.y(-half));
    if (!this.looked) return;
    const [fRow, fColumn] = this.looked;
    const alias = [folded(fRow, stride) / stride, folded(fColumn, stride) / stride];
    panel.cross(context, alias, "#ff9d2e", 6, true);
    context.strokeStyle = "#ff9d2e";
    context.beginPath();
    context.moveTo(panel.x(fColumn), panel.y(fRow));
    context.lineTo(panel.x(alias[1]), panel.y(alias[0]));
    context.stroke();
  },
});
