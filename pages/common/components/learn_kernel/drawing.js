// Kernels as tables of coloured numbers, pictures on one scale, and the loss on a logarithmic axis.

const SVG = "http://www.w3.org/2000/svg";
const SMALLEST_NUMBER = 26; // pixels of a cell that can hold a number
const DECADES = 9; // of the loss that are shown at most

function cellText(value, width) {
  const size = Math.abs(value);
  if (size >= 100) return value.toExponential(0).replace("+", "").replace("-", "\u2212");
  return formatNumber(value, width < 34 || size >= 10 ? 1 : 2);
}

// A kernel as a table of colours and numbers. `buttons`: cells can be chosen.
class KernelTable {
  constructor(element, buttons) {
    Object.assign(this, { element, buttons });
  }

  draw(values, size, scale, palette, chosen, describe) {
    if (this.size !== size) this.build(size);
    const width = this.element.clientWidth / size;
    this.element.classList.toggle("bare", width < SMALLEST_NUMBER);
    this.element.style.fontSize = `${Math.max(8, Math.min(15, width * 0.33))}px`;
    [...this.element.children].forEach((cell, i) => {
      const colour = divergingColour(palette, values[i], scale);
      cell.style.background = css(colour);
      cell.style.color = inkOn(colour);
      cell.firstChild.textContent = cellText(values[i], width);
      cell.classList.toggle("chosen", i === chosen);
      cell.title = say(values[i]);
      if (!this.buttons) return;
      cell.tabIndex = i === chosen ? 0 : -1;
      cell.setAttribute("aria-label", describe(i, values[i]));
      cell.setAttribute("aria-pressed", i === chosen);
    });
  }

  build(size) {
    this.size = size;
    this.element.style.gridTemplateColumns = `repeat(${size}, 1fr)`;
    this.element.replaceChildren(...Array.from({ length: size * size }, (_, i) => {
      const cell = document.createElement(this.buttons ? "button" : "div");
      if (this.buttons) cell.type = "button";
      cell.dataset.cell = i;
      cell.append(document.createElement("span"));
      return cell;
    }));
  }
}

// Numbers from -scale to scale in two colours, or from 0 to scale in grey.
function paint(canvas, values, rows, columns, scale, palette, signed) {
  [canvas.width, canvas.height] = [columns, rows];
  const image = new ImageData(columns, rows);
  for (let i = 0; i < values.length; i++) {
    const value = Number.isFinite(values[i]) ? values[i] : 0;
    const [red, green, blue] = signed ? divergingColour(palette, value, scale) : greyColour(value / scale);
    image.data[4 * i] = red;
    image.data[4 * i + 1] = green;
    image.data[4 * i + 2] = blue;
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

function svg(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

// The loss over the steps; a click or a drag goes to a step.
class Chart {
  constructor(element, go) {
    this.element = element;
    const point = (event) => {
      if (!this.frame || !(event.buttons & 1)) return;
      const box = this.element.getBoundingClientRect();
      go(((event.clientX - box.left - this.frame.left) / this.frame.width) * this.most);
    };
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      point(event);
    });
    element.addEventListener("pointermove", point);
  }

  draw(lesson) {
    const [width, height] = [this.element.clientWidth, this.element.clientHeight];
    const { losses, labels } = lesson;
    this.most = losses.length - 1 || 1;
    const frame = (this.frame = { left: 46, top: 8, width: width - 56, height: height - 40 });
    const positive = losses.filter((loss) => loss > 0);
    const high = Math.log10(Math.max(...positive, 1e-30)) + 0.15;
    const deepest = lesson.ran_away ? -Infinity : high - DECADES; // where it ran away, the start is worth seeing
    const low = Math.max(Math.log10(Math.min(...positive, 10 ** high)) - 0.15, deepest);
    this.y = (loss) => frame.top + frame.height * Math.min(1, (high - Math.log10(Math.max(loss, 1e-30))) / (high - low));
    this.x = (step) => frame.left + (frame.width * step) / this.most;
    this.element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const every = Math.ceil((high - low) / 6) || 1;
    const parts = [];
    for (let power = Math.ceil(low); power <= high; power += 1) {
      if (power % every) continue;
      const y = this.y(10 ** power);
      parts.push(svg("line", { class: "rule", x1: frame.left, x2: frame.left + frame.width, y1: y, y2: y }));
      const label = svg("text", { x: frame.left - 6, y: y + 5, "text-anchor": "end" }, "10");
      label.append(svg("tspan", { dy: -5, "font-size": 10 }, String(power).replace("-", "\u2212")));
      parts.push(label);
    }
    for (const step of [0, Math.round(this.most / 2), this.most]) {
      parts.push(svg("text", { x: this.x(step), y: height - 14, "text-anchor": step === this.most ? "end" : "middle" }, step));
    }
    parts.push(svg("text", { x: frame.left + frame.width / 4, y: height - 14, "text-anchor": "middle", class: "axis" }, labels.step));
    if (lesson.floor > 10 ** low) {
      const y = this.y(lesson.floor);
      parts.push(svg("line", { class: "floor", x1: frame.left, x2: frame.left + frame.width, y1: y, y2: y }));
      parts.push(svg("text", { class: "floor", x: frame.left + frame.width, y: y > frame.top + 22 ? y - 6 : y + 16, "text-anchor": "end" }, labels.floor));
    }
    const points = Array.from(losses, (loss, step) => `${this.x(step).toFixed(1)},${this.y(loss).toFixed(1)}`);
    parts.push(svg("polyline", { class: "curve", points: points.join(" ") }));
    this.cursor = svg("line", { class: "cursor", y1: frame.top, y2: frame.top + frame.height });
    this.dot = svg("circle", { class: "dot", r: 5 });
    this.element.replaceChildren(...parts, this.cursor, this.dot);
  }

  mark(step, loss) {
    if (!this.cursor) return;
    const x = this.x(step);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
    this.dot.setAttribute("cx", x);
    this.dot.setAttribute("cy", this.y(loss));
  }
}
