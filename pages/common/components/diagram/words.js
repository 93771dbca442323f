// The words around the diagram: buttons, legend.

const LARGE = '<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" stroke="currentColor" stroke-width="2" fill="none"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg>';

Object.assign(Diagram.prototype, {
  drawWords() {
    const { labels } = this;
    for (const button of this.host.querySelectorAll("[data-act]")) {
      const [text, title] = [labels.acts[button.dataset.act], labels.titles[button.dataset.act]];
      if (button.dataset.act === "large") button.innerHTML = LARGE;
      if (text) button.textContent = text; // the name, too: who speaks to the page says what they read
      else button.setAttribute("aria-label", title);
      button.title = title ?? "";
    }
    this.part(".bar").setAttribute("aria-label", labels.toolbar);
    this.svg.setAttribute("aria-label", labels.diagram);
    this.part(".paint span").textContent = labels.paint;
    this.part(".paint select").replaceChildren(...PAINTS.map((paint) => new Option(labels.paints[paint], paint, false, paint === this.paint)));
    const find = this.part(".find input");
    Object.assign(find, { placeholder: labels.find, ariaLabel: labels.find, title: labels.find_title });
    this.part(".export summary").textContent = labels.save;
    for (const tab of this.host.querySelectorAll("[data-tab]")) tab.textContent = labels.tabs[tab.dataset.tab];
    this.countHits();
    this.showTab(this.tab);
    this.tell();
  },

  drawLegend() {
    this.part(".paint select").value = this.paint;
    const items = this.paint === "kind" ? this.familyItems() : this.scaleItems();
    this.part(".legend").replaceChildren(...items, ...this.signElements());
  },

  item(text, swatch) {
    const item = document.createElement("span");
    item.append(swatch, text);
    return item;
  },

  familyItems() {
    const found = new Set([...this.boxes.values()].filter((box) => !box.children).map((box) => box.family));
    return FAMILIES.filter((family) => found.has(family)).map((family) => {
      const swatch = Object.assign(document.createElement("i"), { className: "swatch" });
      swatch.style.background = `var(--${family})`;
      swatch.style.borderColor = swatch.style.borderLeftColor = `var(--${family}-hue)`;
      return this.item(this.labels.families[family], swatch);
    });
  },

  scaleItems() {
    const { paint, labels } = this;
    const bar = Object.assign(document.createElement("canvas"), { className: "scale", width: 256, height: 1 });
    const image = new ImageData(256, 1);
    for (let i = 0; i < 256; i++) image.data.set([this.palette[3 * i], this.palette[3 * i + 1], this.palette[3 * i + 2], 255], 4 * i);
    bar.getContext("2d").putImageData(image, 0, 0);
    const line = Object.assign(document.createElement("span"), { className: "range" });
    line.append(`${labels.paints[paint]}: 0`, bar, this.mostText());
    return [...(this.scale.most ? [line] : []), document.createTextNode(this.scaleNote())];
  },

  mostText() {
    const { most } = this.scale;
    return { memory: bytesText, field: (value) => `${grouped(value)} × ${grouped(value)}` }[this.paint]?.(most) ?? grouped(most);
  },

  // What the most is as a share of the whole network.
  scaleNote() {
    const { scale, paint, labels, trees } = this;
    if (paint === "field") return scale.most ? labels.scale_field : fill(labels.scale_all, { whole: trees[0].whole });
    if (!trees.every((tree) => tree[paint])) return "";
    const text = paint === "memory" ? bytesText : grouped;
    if (trees.length > 1) return fill(labels.scale_two, { first: text(trees[0][paint]), second: text(trees[1][paint]) });
    return fill(labels.scale, { share: shareText(scale.most, trees[0][paint]), total: text(trees[0][paint]) });
  },

  // [class, text, path in a square of 14] of every sign on the drawing
  signItems() {
    const boxes = [...this.boxes.values()];
    const items = [];
    const skips = boxes.filter((box) => box.parent && shortcutsInside(box));
    if (skips.some(isBlock)) items.push(["arc", this.labels.skip, "M1 1H9q4 0 4 4V9q0 4 -4 4H1"]);
    if (!skips.every(isBlock)) items.push(["arc", this.labels.skips, "M4 1h1a5 2.5 0 0 1 0 5h-1M4 8h1a5 2.5 0 0 1 0 5h-1"]);
    const marks = { changed: "M2 5h10M2 9h10M4.5 12L9.5 2", only: "M7 1.5L12 7L7 12.5L2 7z" };
    for (const mark of ["changed", "only"]) if (boxes.some((box) => box.mark === mark)) items.push(["mark", this.labels[mark], marks[mark]]);
    return items;
  },

  signElements() {
    return this.signItems().map(([name, text, d]) => {
      const item = this.item(text, "");
      item.insertAdjacentHTML("afterbegin", `<svg class="${name}" viewBox="0 0 14 14" width="14" height="14" aria-hidden="true"><path d="${d}"/></svg>`);
      return item;
    });
  },

  // ---- tabs

  showTab(tab) {
    if (!tab) return;
    this.tab = tab;
    this.host.classList.toggle("coding", tab === "code");
    for (const button of this.host.querySelectorAll("[data-tab]")) {
      button.setAttribute("aria-selected", button.dataset.tab === tab);
      button.tabIndex = button.dataset.tab === tab ? 0 : -1;
    }
    this.part(".facts").hidden = tab !== "facts";
    this.part(".code").hidden = tab !== "code";
    this.resize();
    if (tab === "code") this.scrollToMention();
  },

  tabKey(event) {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    this.showTab(this.tab === "facts" ? "code" : "facts");
    this.part(`[data-tab=${this.tab}]`).focus();
  },
});
