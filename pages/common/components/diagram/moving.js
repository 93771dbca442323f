// Pointer, keys, zoom: how one moves through the diagram.

const ZOOM_STEP = 1.2;
const SMALLEST_FIT = 0.7; // text below is not readable: then one scrolls
const LARGE_FIT = 1.4; // on the whole screen, for the back of a room
const LEAST_SEEN = 160; // pixels of the view on the screen: what is less is scrolled to anyway
const WHOLE_FIT = 0.9; // a network that is hardly taller than its place is shown whole

Object.assign(Diagram.prototype, {
  listen() {
    this.part(".bar").addEventListener("click", (event) => this.act(event.target.closest("button")?.dataset));
    this.part(".paint select").addEventListener("change", (event) => this.paintBy(event.target.value));
    this.part(".tabs").addEventListener("click", (event) => this.showTab(event.target.closest("button")?.dataset.tab));
    this.part(".tabs").addEventListener("keydown", (event) => this.tabKey(event));
    this.svg.addEventListener("pointerdown", (event) => Object.assign(this, { finger: event.pointerType === "touch", before: this.selected }));
    this.svg.addEventListener("click", (event) => this.click(event));
    this.svg.addEventListener("dblclick", (event) => this.doubleClick(event));
    this.svg.addEventListener("keydown", (event) => this.key(event));
    this.svg.addEventListener("focusin", (event) => this.focused(event));
    this.svg.addEventListener("pointerover", (event) => this.light(event.target.closest(".box")?.dataset.key ?? this.selected));
    this.svg.addEventListener("pointerleave", () => this.light(this.selected));
    this.part(".view").addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.part(".told").addEventListener("click", (event) => this.follow(event.target.closest("[data-key]")));
    this.part(".below button").addEventListener("click", () => this.goToFacts());
    for (const each of ["pointerdown", "wheel", "keydown"]) this.host.addEventListener(each, () => (this.aimed = false), { passive: true, capture: true });
    this.part("[data-act=large]").hidden = !document.fullscreenEnabled; // iPhones have none
    this.listenToFind();
    this.listenToExport();
  },

  act({ act, export: kind } = {}) {
    const acts = {
      fold: () => this.foldAll(), level: () => this.openLevel(), all: () => this.openAll(),
      smaller: () => this.zoomBy(1 / ZOOM_STEP), larger: () => this.zoomBy(ZOOM_STEP), fit: () => this.fit(),
      previous: () => this.step(-1), large: () => this.enlarge(),
    };
    acts[act]?.();
    if (kind) this.save(kind);
  },

  paintBy(paint) {
    this.paint = paint;
    this.redraw();
    this.told();
  },

  // ---- pointer

  click(event) {
    const box = this.boxes.get(event.target.closest(".box")?.dataset.key);
    if (!box) return;
    if (event.target.closest(".sign") || this.tappedAgain(box)) this.toggle(box);
    this.choose(this.spots.has(box.key) ? box.key : this.selected, { focus: true });
  },

  // Fingers have no double click: a second tap opens a folded group. `before`: what was chosen when the finger came down.
  tappedAgain(box) {
    return this.finger && this.before === box.key && box.children && !this.open.has(box.id);
  },

  doubleClick(event) {
    if (this.finger) return;
    const box = this.boxes.get(event.target.closest(".box")?.dataset.key);
    if (box?.children && !event.target.closest(".sign")) this.toggle(box);
  },

  // A box among the facts: the path to the chosen one.
  follow(link) {
    if (link) this.reveal(this.boxes.get(link.dataset.key), { focus: true });
  },

  reveal(box, options = {}) {
    this.openAround(box);
    if (!this.spots.has(box.key)) this.redraw();
    this.choose(box.key, { scroll: true, ...options });
  },

  // ---- keys: those of a tree

  key(event) {
    const box = this.boxes.get(event.target.closest(".box")?.dataset.key);
    if (!box || event.ctrlKey || event.altKey || event.metaKey) return;
    const move = this.moves(box)[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  },

  moves(box) {
    const order = [...this.spots.keys()];
    const at = order.indexOf(box.key);
    const go = (key) => key && this.choose(key, { scroll: true, focus: true });
    const open = Boolean(this.spots.get(box.key)?.open);
    const toggle = box.children && (() => this.toggle(box));
    return {
      ArrowDown: () => go(order[at + 1]),
      ArrowUp: () => go(order[at - 1]),
      ArrowRight: () => (box.children && !open ? this.toggle(box) : open ? go(order[at + 1]) : undefined),
      ArrowLeft: () => (open ? this.toggle(box) : box.parent?.parent && go(box.parent.key)),
      Home: () => go(order[0]),
      End: () => go(order.at(-1)),
      Enter: toggle,
      " ": toggle,
    };
  },

  focused(event) {
    const key = event.target.closest(".box")?.dataset.key;
    if (key && key !== this.selected) this.choose(key);
  },

  // ---- zoom

  enlarge() {
    this.aimed = true;
    if (document.fullscreenElement) document.exitFullscreen();
    else this.host.requestFullscreen();
  },

  resize() {
    if (!this.laid || !this.host.clientWidth) return;
    if (this.fonts !== this.font) return this.refont();
    this.host.classList.toggle("narrow", this.host.clientWidth < NARROW_PAGE);
    const view = this.part(".view");
    this.host.classList.toggle("dark", isDark(this.host));
    const large = this.host.matches(":fullscreen");
    const tall = large ? innerHeight - view.offsetTop - 24 : Math.max(420, Math.min(1400, innerHeight - 160));
    this.host.style.setProperty("--tall", `${tall}px`);
    const [width, height] = [this.laid.width + 2 * MARGIN, this.laid.height + 2 * MARGIN];
    this.factor = this.zoom ?? this.fitting(view.clientWidth - 2, tall - 4, width, height);
    this.svg.setAttribute("viewBox", `${-MARGIN} ${-MARGIN} ${width} ${height}`);
    this.svg.setAttribute("width", Math.floor(width * this.factor));
    this.svg.setAttribute("height", Math.floor(height * this.factor));
    this.field?.resize();
    if (this.aimed) this.centre(this.spots.get(this.selected));
  },

  fitting(wide, tall, width, height) {
    const most = this.host.matches(":fullscreen") ? LARGE_FIT : 1;
    const whole = Math.min(most, wide / width, tall / height);
    return whole >= WHOLE_FIT ? whole : Math.max(SMALLEST_FIT, Math.min(most, wide / width));
  },

  fit() {
    this.zoom = null;
    this.resize();
    this.scrollTo(this.spots.get(this.selected));
  },

  // Zooms around a point of the view, by default its middle.
  zoomBy(times, at) {
    const view = this.part(".view");
    const [x, y] = at ?? [view.clientWidth / 2, view.clientHeight / 2];
    const before = this.factor;
    this.zoom = Math.min(3, Math.max(0.15, before * times));
    this.resize();
    const ratio = this.factor / before;
    view.scrollLeft = (view.scrollLeft + x) * ratio - x;
    view.scrollTop = (view.scrollTop + y) * ratio - y;
  },

  wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const box = this.part(".view").getBoundingClientRect();
    this.zoomBy(Math.exp(-event.deltaY / 300), [event.clientX - box.left, event.clientY - box.top]);
  },

  // Puts a box into the middle of what is on the screen; of an open one its head.
  centre(spot) {
    if (!spot) return;
    const view = this.part(".view");
    const { top, height } = view.getBoundingClientRect();
    const seen = Math.min(height, innerHeight - top);
    const middle = (seen > LEAST_SEEN ? seen : height) / 2;
    view.scrollTop = (spot.y + MARGIN + (spot.open ? SIZE.head : spot.height) / 2) * this.factor - middle;
    view.scrollLeft = (spot.x + MARGIN + spot.width / 2) * this.factor - view.clientWidth / 2;
  },

  // Brings a box into sight; of an open one its head.
  scrollTo(spot) {
    if (!spot) return;
    const view = this.part(".view");
    const near = 40;
    const height = (spot.open ? SIZE.head : spot.height) * this.factor;
    const [left, top] = [(spot.x + MARGIN) * this.factor, (spot.y + MARGIN) * this.factor];
    if (top < view.scrollTop + near || top + height > view.scrollTop + view.clientHeight - near) view.scrollTop = top - view.clientHeight / 3;
    const width = spot.width * this.factor;
    if (left < view.scrollLeft + 8 || left + width > view.scrollLeft + view.clientWidth - 8) view.scrollLeft = left - (view.clientWidth - width) / 2;
  },
});

// Whether letters are lighter than paper.
function isDark(element) {
  const found = getComputedStyle(element).color.match(/[\d.]+/g);
  return luminance(found.slice(0, 3).map(Number)) > 0.4;
}
