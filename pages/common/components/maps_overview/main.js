// The network from left to right: the picture, a strip for each step, the prediction. On a phone from top to bottom.

const SHOWN_TILES = 8;
const NARROW_OVERVIEW = 600; // pixels of the component
const OTHER_LINES = 384; // pixels of a screen that are not tiles
const SMALLEST_TILE = 38;
const LARGEST_TILE = 56;
const OVERVIEW_MARKUP = `
  <div class="bar">
    <span class="fold" role="group"><button type="button" data-fold="ends"></button><button type="button" data-fold="all"></button></span>
    <label><span></span><select><option value="layer"></option><option value="channel"></option><option value="network"></option></select></label>
    <span class="legends"><span class="legend"></span><span class="legend"></span></span>
  </div>
  <div class="flow"><div class="reel"><div class="strips" role="group"></div>${["back", "on"].map((way) => `<button type="button" class="more ${way}" data-way="${way}" tabindex="-1" hidden></button>`).join("")}</div></div>
  <p class="said" role="status"></p>
  <p class="note"></p>`;

class Overview {
  constructor(parent) {
    this.host = Object.assign(element("div", "overview"), { innerHTML: OVERVIEW_MARKUP });
    this.host.overview = this;
    parent.append(this.host);
    this.part = (selector) => this.host.querySelector(selector);
    [this.seen, this.prediction] = [new SeenPicture(), new Prediction()];
    this.part(".flow").prepend(this.seen.host);
    this.part(".flow").append(this.prediction.host);
    Object.assign(this, { choices: new Choices(), fold: "ends", scaled: "layer", strips: [], turn: 0 });
    this.listen();
    this.watch = new IntersectionObserver((seen) => this.paintSeen(seen), { rootMargin: "300px" });
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.host);
  }

  destroy() {
    this.observer.disconnect();
    this.watch.disconnect();
  }

  listen() {
    this.part(".fold").addEventListener("click", (event) => this.chooseFold(event.target.dataset.fold));
    this.part("select").addEventListener("change", (event) => {
      this.scaled = event.target.value;
      this.layout();
      this.tell();
    });
    const box = this.part(".strips");
    box.addEventListener("scroll", () => this.hints(), { passive: true });
    for (const button of this.host.querySelectorAll(".more")) {
      button.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays on its strip
      button.addEventListener("click", () => this.scroll(button.dataset.way === "on" ? 0.8 : -0.8));
    }
    box.addEventListener("click", (event) => this.open(event));
    box.addEventListener("pointermove", (event) => this.hover(event));
    box.addEventListener("pointerleave", () => this.hover(null));
    box.addEventListener("keydown", (event) => this.key(event));
    box.addEventListener("focusin", (event) => this.focus(event.target.closest(".strip")?.strip));
  }

  receive({ header, blobs }, send) {
    this.send = send;
    const { header: inner, blobs: inside } = unpack(blobs[0]);
    Object.assign(this, { labels: header.labels, records: inner.strips, blobs: inside, scores: header.scores, answer: header.answers[0]?.name });
    this.palettes = palettesOf(blobs[1].slice(), blobs[2].slice());
    const maps = inner.strips.filter(({ channels }) => channels);
    this.extent = Math.max(0, ...maps.flatMap(({ low, high }) => [...low, ...high].map(Math.abs)));
    this.turn++;
    this.look(header.look);
    this.words();
    this.seen.show(inner.seen, inside[0], header.labels);
    this.prediction.show(header.answers, header.labels);
    this.build();
    if (this.turn === 1) {
      this.comeBackTo(header.left);
      enterLevel(this.current()?.host);
    }
  }

  words() {
    const { labels } = this;
    const [ends, all] = this.part(".fold").children;
    ends.textContent = labels.ends;
    all.textContent = told(labels.all, { count: this.records.length });
    this.part(".strips").setAttribute("aria-label", labels.network);
    for (const button of this.host.querySelectorAll(".more")) {
      button.textContent = button.dataset.way === "on" ? "›" : "‹";
      button.title = labels[button.dataset.way];
      button.setAttribute("aria-label", button.title);
    }
    this.part("label span").textContent = labels.scale;
    for (const option of this.part("select").options) option.textContent = labels[`scale_${option.value}`];
    this.part(".said").textContent = labels.hint;
  }

  // ---- strips

  chooseFold(fold) {
    if (!fold) return;
    this.fold = fold;
    this.build();
    this.tell();
  }

  look(look) {
    if (!this.choices.isNew(look)) return;
    Object.assign(this, { fold: look.fold, scaled: look.scale });
    this.part("select").value = this.scaled;
  }

  tell() {
    const look = { fold: this.fold, scale: this.scaled };
    this.choices.chose(look);
    this.send("look", look);
  }

  build() {
    for (const button of this.part(".fold").children) button.setAttribute("aria-pressed", button.dataset.fold === this.fold);
    const records = this.records.filter(({ end }) => end || this.fold === "all");
    const names = records.map(({ name }) => name).join();
    if (names !== this.names) this.rebuild(records, names);
    records.forEach((record, i) => this.strips[i].show(record, this.blobs[record.blob]));
    this.layout();
  }

  rebuild(records, names) {
    const had = this.strips.find(({ host }) => host.tabIndex === 0)?.record.name;
    this.names = names;
    this.watch.disconnect();
    this.strips = records.map(() => new Strip(this));
    const stages = [];
    records.forEach(({ stage, name }, i) => {
      if (stages.at(-1)?.dataset.stage !== stage) stages.push(this.stage(stage));
      stages.at(-1).lastChild.append(this.strips[i].host);
      this.strips[i].host.tabIndex = name === had || (!had && i === 0) ? 0 : -1;
    });
    if (this.strips.every(({ host }) => host.tabIndex)) this.strips[0].host.tabIndex = 0;
    this.part(".strips").replaceChildren(...stages);
    for (const { host } of this.strips) this.watch.observe(host);
  }

  stage(name) {
    const host = element("div", "stage");
    host.dataset.stage = name;
    host.append(element("b", "", name), element("div", "columns"));
    return host;
  }

  // The layer that was left, or the end of its block where only ends are shown.
  comeBackTo(left) {
    const at = this.records.findIndex(({ name }) => name === left?.step);
    const there = at < 0 ? undefined : this.records.slice(at).find(({ end }) => end || this.fold === "all");
    const strip = this.strips.find(({ record }) => record === there);
    if (!strip) return;
    for (const { host } of this.strips) host.tabIndex = host === strip.host ? 0 : -1;
    const box = this.part(".strips");
    if (!this.narrow) box.scrollLeft = strip.host.offsetLeft + strip.host.offsetWidth / 2 - box.clientWidth / 2;
    const row = there.name === left.step && !strip.isVector ? there.channels.indexOf(left.channel) : -1;
    if (row >= 0) strip.mark(row);
  }

  scroll(share) {
    const box = this.part(".strips");
    const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
    box.scrollBy({ left: share * box.clientWidth, behavior });
  }

  // Strips beyond an edge fade out there, with a button that brings them in.
  hints() {
    const box = this.part(".strips");
    const left = this.narrow ? 0 : box.scrollLeft;
    const right = this.narrow ? 0 : box.scrollWidth - box.clientWidth - left;
    for (const [way, hidden] of [["back", left], ["on", right]]) {
      this.part(`.${way}`).hidden = hidden < 2;
      box.classList.toggle(`fades-${way}`, hidden >= 2);
    }
  }

  layout() {
    const width = this.host.clientWidth;
    if (!this.records || !width) return;
    this.narrow = width < NARROW_OVERVIEW;
    this.host.classList.toggle("narrow", this.narrow);
    const room = this.narrow ? width - 6 : innerHeight - OTHER_LINES;
    this.tile = Math.min(LARGEST_TILE, Math.max(SMALLEST_TILE, Math.floor(room / SHOWN_TILES) - TILE_GAP));
    this.host.style.setProperty("--tile", `${this.tile}px`);
    this.accent = getComputedStyle(this.host).getPropertyValue("--st-primary-color").trim();
    this.part(".note").textContent = told(this.narrow ? this.labels.shown_rows : this.labels.shown, { count: SHOWN_TILES });
    this.legends();
    this.hints();
    const visible = this.strips.filter((strip) => strip.visible);
    for (const strip of visible) strip.paint();
    if (visible.length) this.host.dataset.painted = this.turn; // else they are painted when they come into sight
  }

  paintSeen(entries) {
    for (const { target, isIntersecting } of entries) {
      target.strip.visible = isIntersecting;
      if (isIntersecting) target.strip.paint();
    }
    this.host.dataset.painted = this.turn;
  }

  legends() {
    const whole = this.scaled === "network" ? short(this.extent) : null;
    const { labels } = this;
    const signed = { ...scaleOf(-1, 1), from: whole ? `\u2212${whole}` : labels.negative, to: whole ?? labels.positive };
    const positive = { ...scaleOf(0, 1), from: "0", to: whole ?? labels.largest };
    [signed, positive].forEach((scale, i) => {
      const legend = this.part(".legends").children[i];
      const canvas = element("canvas");
      paintBar(canvas, this.palettes, scale, 72, 11);
      legend.replaceChildren(element("span", "", scale.from), canvas, element("span", "", scale.to));
    });
  }

  // ---- pointing and keys

  hover(event) {
    const strip = event?.target.closest(".strip")?.strip ?? null;
    const row = strip?.rowAt(event) ?? null;
    if (this.hovered && this.hovered !== strip) this.hovered.mark(this.hovered.row, null);
    this.hovered = strip;
    if (!strip) return this.say(this.current());
    strip.mark(strip.row, row);
    this.part(".said").textContent = strip.said(row);
  }

  current() {
    return this.strips.find(({ host }) => host.tabIndex === 0);
  }

  say(strip) {
    this.part(".said").textContent = strip?.host.matches(":focus") ? strip.said(strip.row) : this.labels.hint;
  }

  focus(strip) {
    if (!strip) return;
    for (const each of this.strips) {
      each.host.tabIndex = each === strip ? 0 : -1;
      if (each !== strip && each.row !== null) each.mark(null);
    }
    this.say(strip);
  }

  key(event) {
    const strip = event.target.closest(".strip")?.strip;
    const [along, across] = this.narrow ? ["Vertical", "Horizontal"] : ["Horizontal", "Vertical"];
    const moves = { ArrowLeft: ["Horizontal", -1], ArrowRight: ["Horizontal", 1], ArrowUp: ["Vertical", -1], ArrowDown: ["Vertical", 1] };
    const [way, by] = moves[event.key] ?? { Home: [along, -Infinity], End: [along, Infinity] }[event.key] ?? [];
    if (!strip || !way) return;
    event.preventDefault();
    if (way === across) this.walkTiles(strip, by);
    else this.walkStrips(strip, by);
  }

  walkTiles(strip, by) {
    if (!strip.count) return;
    const row = (strip.row ?? -1) + by;
    strip.mark(row < 0 ? null : Math.min(row, strip.count - 1));
    this.say(strip);
  }

  // The place in the strip is kept.
  walkStrips(strip, by) {
    const at = Math.min(this.strips.length - 1, Math.max(0, this.strips.indexOf(strip) + by));
    const [next, row] = [this.strips[at], strip.row];
    next.host.focus();
    next.host.scrollIntoView({ block: "nearest", inline: "nearest" });
    next.mark(row === null || !next.count ? null : Math.min(row, next.count - 1));
    this.say(next);
  }

  open(event) {
    const strip = event.target.closest(".strip")?.strip;
    if (!strip) return;
    const row = event.detail ? strip.rowAt(event) : strip.row; // a key gives no place
    leaveLevel();
    this.send("open", { step: strip.record.name, channel: row === null ? null : strip.record.channels[row] });
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const overview = (parentElement.overview ??= new Overview(parentElement));
  overview.receive(unpack(data), setTriggerValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    overview.destroy();
    delete parentElement.overview;
  };
}
