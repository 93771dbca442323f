// The two ends of the network: the picture that it saw, and what it says.

class SeenPicture {
  constructor() {
    this.host = element("figure", "seen");
    this.canvas = element("canvas");
    this.host.append(element("figcaption"), this.canvas);
  }

  show([rows, columns, channels], levels, labels) {
    this.host.firstChild.textContent = labels.seen;
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", labels.seen);
    [this.canvas.width, this.canvas.height] = [columns, rows];
    this.canvas.classList.toggle("coarse", Math.max(rows, columns) < 100);
    const image = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) {
      const at = channels * i;
      image.data.set([levels[at], levels[at + (channels > 2 ? 1 : 0)], levels[at + (channels > 2 ? 2 : 0)], 255], 4 * i);
    }
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    this.size = element("span", "size", `${columns} × ${rows}`);
    this.host.replaceChildren(this.host.firstChild, this.canvas, this.size);
  }
}

class Prediction {
  constructor() {
    this.host = element("figure", "prediction");
    this.host.append(element("figcaption"), element("ol"));
  }

  show(answers, labels) {
    this.host.firstChild.textContent = labels.prediction;
    this.host.lastChild.replaceChildren(...answers.map(({ name, share, text }) => {
      const item = element("li");
      const track = element("span", "track");
      track.append(Object.assign(element("i"), { style: `width: ${100 * share}%` }));
      item.append(element("span", "class", name), element("span", "share", text), track);
      item.title = name;
      return item;
    }));
  }
}
