// The lab: curves above, an epoch slider, and below it what was seen of the network after that epoch.

const PANELS = { filters: FiltersPanel, maps: MapsPanel, predictions: PredictionsPanel, confusion: ConfusionPanel, mistakes: MistakesPanel, norms: NormsPanel };
const NARROW_LAB = 600; // pixels of the component: a phone
const PANEL_TALL = 236; // pixels of a panel on a projector
const LAB_MARKUP = `
  <div class="bar" role="toolbar">
    <button type="button" class="main" data-act="toggle"></button>
    <input type="range" class="epochs" min="0" step="1" value="0" max="0">
    <output class="counter"></output>
    <button type="button" data-act="latest" aria-pressed="true"></button>
    <details class="export"><summary></summary><div class="menu"><button type="button" data-export="png">PNG</button><button type="button" data-export="csv">CSV</button></div></details>
  </div>
  <div class="curves"></div>
  <div class="under"><div class="tabs" role="tablist"></div><span class="extra"></span></div>
  <div class="panel" role="tabpanel" id="lab-panel"><p class="note"></p><div class="stage"></div></div>
  <p class="said" role="status"></p>`;

class Lab {
  constructor(parent) {
    this.host = Object.assign(element("div", "lab"), { innerHTML: LAB_MARKUP, tabIndex: 0 });
    this.host.lab = this;
    parent.appendChild(this.host);
    this.part = (selector) => this.host.querySelector(selector);
    this.curves = CURVES.map((kind) => new Curve(this, kind));
    this.part(".curves").append(...this.curves.map(({ host }) => host));
    this.panels = Object.fromEntries(Object.entries(PANELS).map(([name, kind]) => [name, new kind(this)]));
    Object.assign(this, { panel: "filters", epoch: 0, follows: true, sharedScale: true, playing: false });
    this.begin(null);
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.host);
  }

  destroy() {
    this.observer.disconnect();
    this.outside.abort();
    clearInterval(this.clock);
    cancelAnimationFrame(this.pending);
  }

  // Streamlit may bring the same again, also while somebody is choosing.
  receive({ header, blobs }) {
    const given = JSON.stringify(header);
    if (given === this.given) return;
    this.given = given;
    Object.assign(this, { labels: header.labels, classes: header.classes, columns: header.columns, feed: header.feed });
    [this.sequential, this.diverging] = blobs.map((blob) => blob.slice());
    this.drawWords();
    this.listenToFeed();
  }

  listenToFeed() {
    const message = globalThis.cnnvizRuns?.get(this.feed);
    if (!message) return this.draw();
    if (message.run !== this.store.run) this.begin(message.run);
    this.store.receive(message);
    this.changed();
  }

  // Another run starts anew.
  begin(run) {
    const store = new RunStore(() => store === this.store && this.changed());
    store.run = run;
    Object.assign(this, { store, epoch: 0, follows: true });
    this.toggle?.(false);
  }

  changed() {
    if (this.follows) this.epoch = this.store.last;
    this.epoch = Math.min(this.epoch, this.store.last);
    this.draw();
  }

  name(index) {
    return this.classes[index] ?? String(index);
  }

  // ---- drawing, once a frame

  draw() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.paint());
  }

  paint() {
    const width = this.host.clientWidth;
    if (!this.labels || !width) return;
    this.theme = themeOf(this.host);
    this.host.classList.toggle("narrow", width < NARROW_LAB);
    this.host.classList.toggle("dark", this.theme.dark);
    // Of shipped networks nothing was kept but the curves.
    this.host.classList.toggle("bare", !this.store.offered.length && this.store.rows.length > 0);
    this.drawBar();
    this.drawCurves();
    this.drawPanel();
    Object.assign(this.host.dataset, { epoch: this.epoch, run: this.store.run ?? "", last: this.store.last, shown: this.panel });
  }

  drawCurves() {
    for (const curve of this.curves) curve.draw();
  }

  // An observation that is on its way leaves what is there until it has come.
  drawPanel() {
    const seen = this.store.open(this.epoch);
    if (seen === undefined) return;
    const panel = this.panels[this.panel];
    const extra = { filters: this.scaleChoice, maps: this.panels.maps.label }[this.panel];
    this.part(".extra").replaceChildren(...(extra && seen ? [extra] : []));
    const known = this.store.kept.has(this.epoch) || this.store.rowOf(this.epoch);
    this.part(".panel").classList.toggle("awaits", !seen && !known);
    if (!seen) {
      this.part(".stage").replaceChildren();
      return this.note(known ? this.labels.missing : this.labels.waiting);
    }
    if (this.part(".stage").firstChild !== panel.host) this.part(".stage").replaceChildren(panel.host);
    panel.draw(seen);
  }

  // What is left for a panel below its note.
  room() {
    const width = this.part(".stage").clientWidth;
    return { width, height: width < NARROW_LAB ? Math.min(width, 340) : PANEL_TALL };
  }

  note(text, canvas = null) {
    if (canvas) surface(canvas, 1, 1);
    if (this.part(".note").textContent !== text) this.part(".note").textContent = text;
  }

  say(text) {
    this.part(".said").textContent = text;
  }
}
