// Slider, play, tabs, keys.

const FRAME_TIME = 350; // milliseconds an epoch is shown
const LONGEST_PLAY = 20_000; // milliseconds for a whole run: long runs play faster
const LAB_ICONS = { play: "M4 2.5l9 5.5-9 5.5z", pause: "M4.5 3v10M11.5 3v10" };

const labIcon = (name) =>
  `<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" stroke="currentColor" stroke-width="2" fill="${name === "play" ? "currentColor" : "none"}"><path d="${LAB_ICONS[name]}"/></svg>`;

const labControls = {
  listen() {
    this.host.addEventListener("click", (event) => {
      const { act } = event.target.closest("[data-act]")?.dataset ?? {};
      if (act === "toggle") this.toggle(!this.playing);
      if (act === "latest") this.follow();
      const tab = event.target.closest("[role=tab]");
      if (tab) this.choose(tab.dataset.panel);
      const kind = event.target.closest("[data-export]")?.dataset.export;
      if (kind) this.export(kind);
    });
    this.part(".epochs").addEventListener("input", (event) => this.goByHand(Number(event.target.value)));
    this.host.addEventListener("keydown", (event) => this.key(event));
    const until = { signal: (this.outside = new AbortController()).signal };
    addEventListener("cnnviz-run", ({ detail }) => detail === this.feed && this.listenToFeed(), until);
    document.addEventListener("pointerdown", (event) => !event.composedPath().includes(this.part(".export")) && (this.part(".export").open = false), until);
  },

  key(event) {
    const { target, key } = event;
    if (target.matches?.("select, summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = { ArrowLeft: this.epoch - 1, ArrowRight: this.epoch + 1, PageUp: this.epoch - 1, PageDown: this.epoch + 1, Home: 0 };
    if (target.matches?.("[role=tab]") && key.startsWith("Arrow")) this.walkTabs(key);
    else if (key in moves) this.goByHand(moves[key]);
    else if (key === "End") this.follow();
    else if (key === " " && !target.matches?.("button")) this.toggle(!this.playing);
    else return;
    event.preventDefault();
  },

  // The newest epoch is followed from there on; any other stays.
  goByHand(epoch) {
    this.toggle(false);
    this.go(epoch);
  },

  go(epoch) {
    this.epoch = Math.min(Math.max(epoch, 0), this.store.last);
    this.follows = this.epoch === this.store.last;
    this.draw();
  },

  follow() {
    this.toggle(false);
    this.go(this.store.last);
  },

  toggle(play) {
    this.playing = play;
    clearInterval(this.clock);
    if (play) {
      if (this.epoch >= this.store.last) this.go(0);
      this.clock = setInterval(() => this.advance(), Math.min(FRAME_TIME, LONGEST_PLAY / Math.max(1, this.store.last)));
    }
    if (this.labels) this.drawBar();
  },

  advance() {
    this.go(this.epoch + 1);
    if (this.follows) this.toggle(false);
  },

  // ---- words and states

  drawWords() {
    const { labels } = this;
    this.host.setAttribute("aria-label", labels.lab);
    this.part(".epochs").setAttribute("aria-label", labels.epoch);
    Object.assign(this.part("[data-act=latest]"), { textContent: labels.latest, title: labels.latest_title });
    this.part(".export summary").textContent = labels.save;
    for (const kind of ["png", "csv"]) this.part(`[data-export=${kind}]`).title = labels[`save_${kind}`];
    this.part(".tabs").replaceChildren(...Object.entries(labels.panels).map(([name, text]) => {
      const tab = Object.assign(element("button", "", text), { type: "button" });
      tab.dataset.panel = name;
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", "lab-panel");
      return tab;
    }));
    this.scaleChoice = this.scales();
    this.choose(this.panel);
  },

  scales() {
    const { labels } = this;
    const choice = element("select");
    choice.append(...Object.entries(labels.scales).map(([name, text]) => new Option(text, name, false, (name === "all") === this.sharedScale)));
    choice.addEventListener("change", () => {
      this.sharedScale = choice.value === "all";
      this.draw();
    });
    const label = element("label", "scale");
    label.append(element("span", "", labels.scale), choice);
    return label;
  },

  choose(name) {
    this.panel = name;
    this.say("");
    for (const tab of this.host.querySelectorAll("[role=tab]")) {
      const chosen = tab.dataset.panel === name;
      tab.setAttribute("aria-selected", chosen);
      tab.tabIndex = chosen ? 0 : -1;
    }
    this.part(".panel").setAttribute("aria-label", this.labels.panels[name]);
    this.draw();
  },

  walkTabs(key) {
    const names = Object.keys(PANELS);
    const next = names[(names.indexOf(this.panel) + (key === "ArrowRight" || key === "ArrowDown" ? 1 : -1) + names.length) % names.length];
    this.choose(next);
    this.part(`[data-panel=${next}]`).focus();
  },

  drawBar() {
    const { labels, epoch, store } = this;
    const name = this.playing ? "pause" : "play";
    const button = this.part("[data-act=toggle]");
    if (button.dataset.shown !== name) button.innerHTML = labIcon(name);
    button.dataset.shown = name;
    button.title = labels[name];
    button.setAttribute("aria-label", labels[name]);
    const slider = this.part(".epochs");
    slider.max = store.last;
    slider.value = epoch;
    const text = epoch ? told(labels.counter, { epoch, epochs: Math.max(store.epochs, store.last) }) : labels.before;
    slider.setAttribute("aria-valuetext", text);
    this.part(".counter").textContent = text;
    this.part("[data-act=latest]").setAttribute("aria-pressed", this.follows);
  },
};
