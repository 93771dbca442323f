// One channel of a network: its map, where it is active, and how every number of it was computed. Python sends the
// numbers once, into the page's store of blobs, and a small message with words, picture and the pinned place.

const REPORT_AFTER = 350; // ms without a further key: a place that is only passed is not reported

class ChannelView {
  constructor(parent) {
    this.host = element("div", "channelview");
    parent.append(this.host);
    const [left, right] = [element("div", "left"), element("div", "right")];
    this.host.append(left, right);
    this.bar = element("div", "bar");
    this.frame = element("div", "frame");
    this.scale = element("div", "scale");
    this.crops = element("div", "crops");
    left.append(this.bar, this.frame, this.scale, this.crops);
    this.stage = new MapStage(this.frame, { place: (place) => this.look(place), pin: (pinned) => this.pin(pinned) });
    this.histogram = new HistogramPicture(left);
    this.heading = element("div", "title");
    this.sentence = element("div", "note");
    right.append(this.heading, this.sentence);
    this.steps = new StepPictures(right);
    this.numbers = new PlaceNumbers(right);
    this.inputs = element("div", "inputs");
    right.append(this.inputs);
    this.cards = new InputCards(this.inputs, (k) => this.choose(k), (text) => (this.numbers.detail.textContent = text));
    this.host.addEventListener("keydown", (event) => event.key === "Escape" && this.up(event));
    this.onBlobs = () => this.apply();
    addEventListener("cnnviz-blobs", this.onBlobs);
    this.resize = new ResizeObserver(() => this.width !== this.host.clientWidth && this.refresh());
    this.resize.observe(this.host);
  }

  destroy() {
    removeEventListener("cnnviz-blobs", this.onBlobs);
    this.resize.disconnect();
    clearTimeout(this.report);
  }

  async receive(data, send) {
    this.send = send;
    const { header, blobs } = unpack(data);
    this.latest = header;
    const [picture, diverging, sequential] = blobs;
    const bitmap = picture.length ? await createImageBitmap(new Blob([picture], { type: header.mime })) : null;
    if (this.latest !== header) return; // something newer has arrived meanwhile
    this.ready = { ...header, picture: bitmap, palettes: { diverging: diverging.slice(), sequential: sequential.slice() } };
    this.apply();
  }

  apply() {
    const { ready } = this;
    const bytes = globalThis.cnnvizBlobs?.get(ready?.numbers);
    if (!bytes) return;
    if (this.shown !== ready.numbers) {
      const message = unpack(bytes);
      this.view = { header: message.header, arrays: readArrays(message) };
      const { map, head, normalised } = this.view.arrays;
      this.decimals = decimalsFor(map.values, head?.values ?? [], normalised?.values ?? []); // the same at every place
      [this.shown, this.at, this.place, this.pinned] = [ready.numbers, null, null, false];
      [this.chosen, this.awaited, this.found] = [0, undefined, undefined]; // numbers of the channel before
    }
    Object.assign(this.view, { labels: ready.labels, palettes: ready.palettes });
    document.documentElement.lang = ready.labels.language; // for screen readers: Streamlit leaves it at "en"
    const at = JSON.stringify(ready.at);
    if (at === this.awaited) this.awaited = undefined; // the answer to what was pinned last
    else if (at !== this.at && this.awaited === undefined) {
      this.at = at;
      this.pinned = ready.at !== null;
      if (ready.at) this.place = { row: ready.at[0], column: ready.at[1] };
    }
    this.place ??= { row: this.view.header.start[0], column: this.view.header.start[1] };
    this.refresh();
    if (!this.entered) enterLevel(this.stage.canvas);
    this.entered = true;
    requestAnimationFrame(() => setTimeout(() => (this.host.dataset.painted = ready.numbers)));
  }

  refresh() {
    if (!this.view) return;
    this.width = this.host.clientWidth;
    this.host.classList.toggle("narrow", this.width < 760);
    const { view, ready } = this;
    const { header, arrays, labels, palettes } = view;
    const [rows, columns] = arrays.map.shape;
    const scale = new Scale(arrays.map.values, palettes);
    this.controls();
    this.stage.canvas.setAttribute("aria-label", labels.stage);
    const { picture, placement, places, field } = ready;
    this.stage.show({ values: arrays.map.values, rows, columns, scale, picture, placement, places, field });
    this.scale.replaceChildren(`${labels.value} `, colourBar(scale), element("span", "note", scale.signed ? labels.signed : labels.positive));
    this.showCrops();
    this.histogram.show({ ...header.histogram, scale, labels });
    this.heading.textContent = labels.computed;
    this.sentence.textContent = ready.sentence;
    this.steps.show(view);
    this.inputs.hidden = header.head?.kind !== "convolution";
    const carded = `${ready.numbers} ${labels.language}`;
    if (!this.inputs.hidden && this.carded !== carded) {
      this.carded = carded;
      this.cards.show(view);
      this.cards.choose(this.cards.cards[0].button);
    }
    this.look(this.place);
  }

  controls() {
    const { labels } = this.view;
    const button = (text, pressed, act) => {
      const made = Object.assign(element("button", "", text), { type: "button" });
      made.setAttribute("aria-pressed", pressed);
      made.addEventListener("click", act);
      return made;
    };
    const flip = (name) => () => {
      this.stage[name] = !this.stage[name];
      this.controls();
      this.stage.draw();
    };
    const parts = [];
    if (this.ready.picture) parts.push(button(labels.over, this.stage.over, flip("over")));
    if (this.ready.places.length) parts.push(button(labels.places, this.stage.showsPlaces, flip("showsPlaces")));
    if (this.ready.picture && this.stage.over) {
      const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: 1, step: 0.05, value: this.stage.opacity });
      slider.setAttribute("aria-label", labels.opacity);
      slider.addEventListener("input", () => {
        this.stage.opacity = Number(slider.value);
        this.stage.draw();
      });
      parts.push(element("label", "", `${labels.opacity} `, slider));
    }
    const kept = [...this.bar.children].indexOf(this.host.getRootNode().activeElement);
    this.bar.replaceChildren(...parts);
    this.bar.children[kept]?.focus(); // the new button in the old one's place
  }

  // What the most active places saw, cut out of the picture; a click pins one.
  showCrops() {
    const { places, picture, field } = this.ready;
    const { labels } = this.view;
    this.crops.replaceChildren();
    if (!picture || !field) return;
    places.forEach((place, i) => {
      const canvas = element("canvas");
      [canvas.width, canvas.height] = [64, 64];
      const [y, x] = [place.row * field.rows.jump - field.rows.padding, place.column * field.columns.jump - field.columns.padding];
      const context = canvas.getContext("2d");
      context.imageSmoothingEnabled = false;
      const large = Math.max(field.rows.size, field.columns.size);
      const unit = 64 / large;
      const [left, top] = [((large - field.columns.size) / 2 - x) * unit, ((large - field.rows.size) / 2 - y) * unit];
      context.drawImage(picture, left, top, picture.width * unit, picture.height * unit);
      const button = Object.assign(element("button", "", canvas, `${i + 1}: ${significant(place.value)}`), { type: "button" });
      button.title = fill(labels.place, { row: place.row + 1, column: place.column + 1 });
      button.addEventListener("click", () => {
        this.look(place);
        this.pin(true);
      });
      this.crops.append(button);
    });
  }

  look({ row, column }) {
    this.place = { row, column };
    const found = placeAt(this.view, row, column);
    const { decimals } = this;
    this.found = found;
    this.stage.mark(this.place, this.pinned);
    this.steps.mark(found, decimals);
    if (found.sums) this.cards.mark(found, decimals);
    this.numbers.show(this.view, found, this.chosen ?? 0, decimals);
    this.host.dataset.place = `${row},${column}`;
  }

  choose(k) {
    this.chosen = k;
    if (this.found) this.numbers.show(this.view, this.found, k, this.decimals);
  }

  pin(pinned) {
    this.pinned = pinned;
    this.stage.mark(this.place, pinned);
    const { row, column } = this.place;
    this.at = this.awaited = JSON.stringify(pinned ? [row, column] : null);
    clearTimeout(this.report);
    this.report = setTimeout(() => this.send("at", pinned ? [row, column] : []), REPORT_AFTER);
  }

  // One level: from the number to the channel, from the channel to the layer.
  up(event) {
    event.preventDefault();
    event.stopPropagation();
    if (this.pinned) return this.pin(false);
    leaveLevel();
    this.send("up", true);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const view = (parentElement.channelView ??= new ChannelView(parentElement));
  view.receive(data, setTriggerValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    view.destroy();
    delete parentElement.channelView;
  };
}
