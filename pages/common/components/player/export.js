// Taking the drawing away: the step as PNG or SVG, the walk as GIF or WebP, the page as a link.

const MOST_FRAMES = 400;
const EXPORT_WIDTH = 960;
const EXPORT_HEIGHT = 430;

Object.assign(Player.prototype, {
  async export(kind) {
    this.part(".export").open = false;
    if (kind === "link") return this.copyLink();
    const button = this.part(".export summary");
    try {
      const blob = await this[`export_${kind}`]((share) => (button.textContent = `${Math.round(100 * share)}${percentSign}`));
      save(blob, `cnnviz-${this.header.name}.${kind}`);
    } finally {
      button.textContent = this.labels.export;
    }
  },

  // A scene of its own, laid out for a file: the one on the screen goes on. The painter is used for measuring.
  scenery(painter) {
    const scene = this.freshScene();
    const { width, height } = scene.layout(EXPORT_WIDTH, EXPORT_HEIGHT, painter);
    return { scene, theme: this.theme, width, height: Math.ceil(height) };
  },

  // Draws every step and hands its canvas to `take`.
  async eachFrame(steps, take, progress) {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const painter = new CanvasPainter(context);
    const { scene, theme, width, height } = this.scenery(painter);
    [canvas.width, canvas.height] = [width, height];
    for (const [i, step] of steps.entries()) {
      context.fillStyle = theme.background;
      context.fillRect(0, 0, width, height);
      scene.draw(painter, theme, this.view(step, scene.focusAt(step), 1));
      await take(canvas, context);
      if (i % 4 === 3) {
        progress(i / steps.length);
        await new Promise((resume) => setTimeout(resume)); // the page stays alive
      }
    }
  },

  // All steps, or as many as a file should hold from the present one on.
  exportedSteps() {
    const { steps } = this.scene;
    if (steps <= MOST_FRAMES) return Array.from({ length: steps }, (_, i) => i);
    const first = Math.min(this.step, steps - MOST_FRAMES);
    return Array.from({ length: MOST_FRAMES }, (_, i) => first + i);
  },

  frameTime() {
    return Math.max(1000 / this.speed, 20);
  },

  async export_gif(progress) {
    let encoder = null;
    await this.eachFrame(this.exportedSteps(), (canvas, context) => {
      encoder ??= new GifEncoder(canvas.width, canvas.height);
      encoder.addFrame(context.getImageData(0, 0, canvas.width, canvas.height), this.frameTime());
    }, progress);
    return new Blob([encoder.finish()], { type: "image/gif" });
  },

  async export_webp(progress) {
    const frames = [];
    let size;
    await this.eachFrame(this.exportedSteps(), async (canvas) => {
      size = [canvas.width, canvas.height];
      frames.push({ blob: await blobOf(canvas, "image/webp"), duration: this.frameTime() });
    }, progress);
    return new Blob([await animatedWebp(frames, ...size)], { type: "image/webp" });
  },

  async export_png() {
    const ratio = 2;
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    const painter = new CanvasPainter(context);
    const { scene, theme, width, height } = this.scenery(painter);
    [canvas.width, canvas.height] = [width * ratio, height * ratio];
    context.scale(ratio, ratio);
    context.fillStyle = theme.background;
    context.fillRect(0, 0, width, height);
    scene.draw(painter, theme, this.view(this.step, this.focus, 1));
    return blobOf(canvas, "image/png");
  },

  async export_svg() {
    const { scene, theme, width, height } = this.scenery(this.painter);
    const painter = new SvgPainter(width, height, theme.background, this.context);
    scene.draw(painter, theme, this.view(this.step, this.focus, 1));
    return new Blob([painter.finish()], { type: "image/svg+xml" });
  },

  async copyLink() {
    const address = new URL(location.href);
    address.searchParams.set("step", this.step + 1);
    const summary = this.part(".export summary");
    try {
      await navigator.clipboard.writeText(address.href);
      summary.textContent = this.labels.copied;
    } catch {
      prompt(this.labels.link, address.href); // no clipboard without https
    }
    setTimeout(() => (summary.textContent = this.labels.export), 1500);
  },
});

const blobOf = (canvas, type) => new Promise((resolve) => canvas.toBlob(resolve, type, 0.9));

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
