// An architecture as boxes and arrows that fold and open, with the facts of the chosen box beside them. Python sends the
// networks once; folding, choosing, painting, searching and zooming run here, without the server.

const REPORT_AFTER = 800; // milliseconds without a change, then Python hears what is looked at
const MARGIN = 14; // around the drawing
const READABLE = 0.85; // of their size: letters below are hard to read
const NARROW_PAGE = 700; // pixels of the component: a phone
const MARKUP = `
  <div class="bar" role="toolbar">
    <span class="choice folding"><button data-act="fold"></button><button data-act="level"></button><button data-act="all"></button></span>
    <label class="paint"><span></span><select></select></label>
    <form class="find" role="search"><input type="search" autocomplete="off" spellcheck="false"><output></output><button type="button" data-act="previous">‹</button><button data-act="next">›</button></form>
    <span class="choice zoom"><button data-act="smaller">\u2212</button><button data-act="fit"></button><button data-act="larger">+</button></span>
    <span class="away">
      <button data-act="large"></button>
      <details class="export"><summary></summary><div class="menu"><button data-export="svg">SVG</button><button data-export="png">PNG</button></div></details>
      <span class="refused" role="status"></span>
    </span>
  </div>
  <div class="legend"></div>
  <div class="body">
    <div class="view"><svg role="tree" xmlns="http://www.w3.org/2000/svg"></svg></div>
    <div class="below" hidden><div><b></b><span></span></div><button type="button"></button></div>
    <div class="aside">
      <div class="tabs choice" role="tablist"><button role="tab" id="tab-facts" aria-controls="panel-facts" data-tab="facts"></button><button role="tab" id="tab-code" aria-controls="panel-code" data-tab="code"></button></div>
      <div class="facts" role="tabpanel" id="panel-facts" aria-labelledby="tab-facts"><div class="told" aria-live="polite"></div></div>
      <div class="code" role="tabpanel" id="panel-code" aria-labelledby="tab-code" tabindex="0" hidden></div>
    </div>
  </div>`;

class Diagram {
  constructor(parent) {
    this.host = Object.assign(document.createElement("div"), { className: "diagram", innerHTML: MARKUP });
    this.host.diagram = this;
    parent.appendChild(this.host);
    this.part = (selector) => this.host.querySelector(selector);
    this.svg = this.part("svg");
    this.removal = new AbortController();
    this.context = document.createElement("canvas").getContext("2d");
    Object.assign(this, { widths: new Map(), open: new Set(), selected: "", paint: "kind", tab: "facts", zoom: null, hits: [], reported: "" });
    this.listen();
    this.observer = new ResizeObserver(() => this.refresh());
    this.observer.observe(this.host);
    document.fonts?.ready.then(() => this.refont());
  }

  destroy() {
    if (this.timer) this.report();
    this.observer.disconnect();
    this.removal.abort();
    cancelAnimationFrame(this.pending);
    this.field?.destroy();
  }

  // A message may come again with nothing new, or in another language. Python counts the views that it wants shown.
  receive({ header, blobs }, send) {
    const fresh = header.signature !== this.header?.signature;
    const words = header.labels.language !== this.labels?.language;
    const led = fresh || header.turn !== this.header.turn;
    Object.assign(this, { send, labels: header.labels });
    if (fresh) this.take(blobs);
    if (header.pictured !== this.header?.pictured) this.takePicture(header, blobs[1]);
    this.header = header;
    if (words) for (const box of this.boxes.values()) delete box.searched;
    if (led) this.show(header.view);
    else if (words) this.redraw();
    else this.refresh(); // the theme or the picture may be another
    if (fresh || words) this.drawWords();
  }

  take([contents, , palette]) {
    const { networks, pairs } = JSON.parse(new TextDecoder().decode(contents));
    this.trees = growTrees(networks);
    this.pairs = pairs;
    this.boxes = new Map(this.trees.flatMap(({ root }) => [...walk(root)].map((box) => [box.key, box])));
    this.palette = palette;
    Object.assign(this, { zoom: null, hits: [], hit: -1 });
    this.part(".find input").value = "";
    this.part(".refused").textContent = "";
  }

  takePicture(header, jpeg) {
    this.field?.destroy();
    this.field = header.picture ? new UnitPicture(header.picture, jpeg, this.part(".facts")) : null;
  }

  show({ open, selected, paint }) {
    this.open = new Set(open.includes("*") ? this.groups().map((box) => box.id) : open);
    const [, number, id] = /^(?:(\d):)?(.*)$/s.exec(selected ?? "");
    const key = `${number ? number - 1 : 0}:${id}`;
    this.selected = id && this.boxes.has(key) ? key : "0:";
    this.paint = PAINTS.includes(paint) ? paint : "kind";
    this.openAround(this.chosen);
    this.aimed = true; // until the visitor moves: the size of everything may still change
    this.redraw();
    this.reported = JSON.stringify(this.looking()); // Python knows
  }

  get chosen() {
    return this.boxes?.get(this.selected);
  }

  openAround(box) {
    for (const each of ancestors(box).slice(1)) this.open.add(each.id);
  }

  groups() {
    return [...this.boxes.values()].filter((box) => box.children && box.parent);
  }

  // ---- drawing

  measure(text, bold) {
    const key = bold ? `*${text}` : text;
    if (!this.widths.has(key)) {
      this.context.font = bold ? `600 ${TITLE}px ${this.font}` : `${TEXT}px ${this.font}`;
      this.widths.set(key, this.context.measureText(text).width);
    }
    return this.widths.get(key);
  }

  get font() {
    return getComputedStyle(this.host).fontFamily || "sans-serif";
  }

  refont() {
    this.widths.clear();
    if (this.header) this.redraw();
  }

  // What a box says: of a group its name first, of a layer what it does. aside: all that small boxes say beside it.
  words(box, pill) {
    const { labels, paint } = this;
    if (pill) {
      const shape = pill === "input" ? this.trees[box.number].input : box.shape;
      const failed = pill === "output" && this.trees[box.number].failure;
      return { title: failed ? `${labels.failed} ${failed.layer}` : `${labels[pill]} ${shapeText(shape)}` };
    }
    const right = paint === "kind" ? shapeText(box.shape) : valueText(box, paint, this.trees[box.number][paint], labels);
    const title = titleOf(box, labels);
    if (box.children && !box.run) return { title: box.name, left: title, right };
    const left = title.toLowerCase().endsWith(box.name.toLowerCase()) ? "" : box.name;
    return { title, left, right, aside: paint === "kind" ? left : right };
  }

  // Two networks that do not fit beside each other get narrow boxes.
  layout(measure = (text, bold) => this.measure(text, bold), titled = this.trees.length > 1) {
    const run = (narrow) => new Layout(this.open, (box, pill) => this.words(box, pill), measure, narrow).run(this.trees, this.pairs, titled);
    const laid = run(false);
    this.given = this.part(".view").clientWidth;
    const fits = this.trees.length < 2 || !this.given || (laid.width + 2 * MARGIN) * READABLE <= this.given;
    return fits ? laid : run(true);
  }

  drawing(theme, measure, says) {
    return new Drawing({ theme, measure, words: (box, pill) => this.words(box, pill), scale: this.scale, says, identity: this.labels.identity });
  }

  redraw() {
    this.fonts = this.font;
    this.laid = this.layout();
    this.spots = new Map(this.laid.boxes.filter((spot) => !spot.pill).map((spot) => [spot.box.key, spot]));
    this.rescale();
    this.resize();
    const measure = (text, bold) => this.measure(text, bold);
    const within = this.svg.contains(this.svg.getRootNode().activeElement);
    this.svg.innerHTML = `${this.drawing(PAGE_THEME, measure, (box) => this.says(box)).draw(this.laid)}<path class="lit"/>`;
    this.drawLegend();
    this.markHits();
    this.mark(within);
  }

  // After a change of size; two networks may need other boxes then.
  refresh() {
    if (this.trees?.length > 1 && this.given !== this.part(".view").clientWidth) this.redraw();
    this.resize();
    this.tellField(this.chosen);
  }

  rescale() {
    const shown = this.laid.boxes.filter((spot) => !spot.pill && !spot.open).map(({ box }) => box);
    this.scale = this.paint === "kind" ? null : new Scale(shown, this.paint, this.palette);
  }

  // ---- folding

  toggle(box, open = !this.open.has(box.id)) {
    this.anchored(box, () => {
      if (open) this.open.add(box.id);
      else this.open.delete(box.id);
      if (!open && this.isBelow(this.chosen, box)) this.selected = box.key;
    });
    this.told();
  }

  isBelow(box, group) {
    return ancestors(box).some((each) => each.id === group.id);
  }

  foldAll() {
    const top = [...ancestors(this.chosen), this.chosen][1];
    this.open.clear();
    if (top) this.selected = top.key;
    this.redraw();
    this.told();
  }

  openLevel() {
    for (const { box } of this.laid.boxes.filter((spot) => !spot.pill && !spot.open && spot.box.children)) this.open.add(box.id);
    this.redraw();
    this.told();
  }

  openAll() {
    for (const box of this.groups()) this.open.add(box.id);
    this.redraw();
    this.told();
  }

  // Redraws while a box stays where it is on the screen.
  anchored(box, change) {
    const view = this.part(".view");
    const before = this.spots.get(box.key);
    const [x, y] = [before.x * this.factor - view.scrollLeft, before.y * this.factor - view.scrollTop];
    change();
    this.redraw();
    const after = this.spots.get(box.key);
    if (!after) return;
    view.scrollLeft = after.x * this.factor - x;
    view.scrollTop = after.y * this.factor - y;
  }

  // ---- choosing

  choose(key, { scroll = false, focus = false } = {}) {
    this.selected = key;
    this.mark(focus);
    if (scroll) this.scrollTo(this.spots.get(key));
    this.told();
  }

  // Marks the chosen box and its lines, and tells its facts.
  mark(focus = false) {
    for (const each of this.svg.querySelectorAll("[aria-selected]")) {
      each.removeAttribute("aria-selected");
      each.tabIndex = -1;
    }
    const element = this.elementOf(this.selected) ?? this.svg.querySelector(".box");
    if (element) element.tabIndex = 0;
    if (element?.dataset.key === this.selected) element.setAttribute("aria-selected", "true");
    if (focus) element?.focus({ preventScroll: true });
    this.light(this.selected);
    this.tell();
  }

  elementOf(key) {
    return this.svg.querySelector(`[data-key="${CSS.escape(key)}"]`);
  }

  light(key) {
    const box = this.boxes.get(key);
    const lines = this.laid.lines.filter(({ from, to, within }) => (from === box || to === box) && within !== box);
    this.part(".lit").setAttribute("d", lines.map(({ points }) => rounded(points)).join(""));
  }

  says(box) {
    const { labels } = this;
    const parts = [box.name || labels.network, box.children ? titleOf(box, labels) : `${labels.families[box.family]}, ${titleOf(box, labels)}`, `${labels.output} ${shapeText(box.shape)}`];
    if (box.skip) parts.push(labels.skip);
    if (box.mark) parts.push(labels[box.mark]);
    if (this.paint !== "kind") parts.push(`${labels.paints[this.paint]} ${valueText(box, this.paint, this.trees[box.number][this.paint], labels)}`);
    return parts.filter(Boolean).join(", ");
  }

  // ---- reporting

  told() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.report(), REPORT_AFTER);
  }

  report() {
    clearTimeout(this.timer);
    this.timer = null;
    const view = this.looking();
    if (JSON.stringify(view) === this.reported) return;
    this.reported = JSON.stringify(view);
    this.send("view", view);
  }

  looking() {
    const groups = this.groups();
    const open = groups.filter((box) => this.open.has(box.id)).map((box) => box.id);
    const { number, id } = this.chosen;
    return {
      open: open.length && open.length === groups.length ? ["*"] : [...new Set(open)],
      selected: id && number ? `${number + 1}:${id}` : id,
      paint: this.paint,
    };
  }
}
