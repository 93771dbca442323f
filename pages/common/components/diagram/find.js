// Finding layers by name, kind or what they do, and stepping through them.

const MOST_HITS = 2000;

Object.assign(Diagram.prototype, {
  listenToFind() {
    const form = this.part(".find");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.step(1);
    });
    form.querySelector("input").addEventListener("input", () => this.search());
    form.querySelector("input").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || !event.shiftKey) return;
      event.preventDefault();
      this.step(-1);
    });
  },

  search() {
    const words = this.part(".find input").value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = words.length ? [...this.boxes.values()].filter((box) => box.parent && words.every((word) => this.searched(box).includes(word))) : [];
    Object.assign(this, { hits: found.slice(0, MOST_HITS), hit: -1 });
    this.countHits();
    this.markHits();
  },

  searched(box) {
    box.searched ??= [box.id, box.kind, titleOf(box, this.labels), this.labels.families[box.family] ?? ""].join(" ").toLowerCase();
    return box.searched;
  },

  step(way) {
    if (!this.hits.length) return;
    const count = this.hits.length;
    this.hit = this.hit < 0 ? (way > 0 ? 0 : count - 1) : (this.hit + way + count) % count;
    this.countHits();
    this.reveal(this.hits[this.hit]);
  },

  countHits() {
    const asked = this.part(".find input").value.trim();
    const { hits, hit, labels } = this;
    this.part(".find output").textContent = !asked ? "" : hits.length ? (hit < 0 ? String(hits.length) : `${hit + 1}/${hits.length}`) : labels.nothing;
    for (const button of this.host.querySelectorAll(".find button")) button.disabled = !hits.length;
  },

  // Hits that are visible, and folded groups that have some inside.
  markHits() {
    const keys = new Set(this.hits.flatMap((box) => [box.key, ...ancestors(box).map((each) => each.key)]));
    for (const element of this.svg.querySelectorAll(".box")) element.classList.toggle("hit", keys.has(element.dataset.key) && (!this.spots.get(element.dataset.key)?.open || this.hits.includes(this.boxes.get(element.dataset.key))));
  },
});
