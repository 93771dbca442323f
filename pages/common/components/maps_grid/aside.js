// Beside the grid: the channel that is pointed at or selected, enlarged, its numbers, and the colour scale.

const ENLARGED = 176; // pixels
const ASIDE_MARKUP = `
  <b class="which"></b>
  <canvas class="enlarged" role="img"></canvas>
  <div class="scale"><span class="of"></span><canvas></canvas><div class="ticks"></div></div>
  <dl></dl>
  <p class="remark"></p>
  <button type="button" class="open"></button>`;
const SHOWN_NUMBERS = ["maximum", "mean", "minimum", "variance", "zeros", "difference"];

class Aside {
  constructor() {
    this.host = Object.assign(element("div", "aside"), { innerHTML: ASIDE_MARKUP });
    this.part = (selector) => this.host.querySelector(selector);
  }

  show({ layer, labels, palettes, sheet, scaled }, channel, scale) {
    const number = channel;
    this.part(".which").textContent = told(labels.channel, { number, count: layer.count });
    this.part(".open").textContent = told(labels.open, { number });
    const canvas = this.part(".enlarged");
    canvas.setAttribute("aria-label", told(labels.channel, { number, count: layer.count }));
    sheet.tile(surfaceOf(canvas, ENLARGED, ENLARGED), channel, 0, 0, ENLARGED);
    this.part(".of").textContent = told(labels[`of_${scaled}`], { number });
    paintBar(this.part(".scale canvas"), palettes, scale, ENLARGED, 12);
    this.ticks(scale);
    this.numbers(layer, labels, channel);
    const remarks = [layer.dead[channel] && labels.dead_here, layer.broken[channel] && labels.broken];
    if (layer.factor > 1) remarks.push(told(labels.reduced, { factor: layer.factor }));
    this.part(".remark").textContent = remarks.filter(Boolean).join(" ");
  }

  ticks({ signed, low, high }) {
    const ends = signed ? [short(low), "0", short(high)] : ["0", short(high)];
    this.part(".ticks").replaceChildren(...ends.map((text) => element("span", "", text)));
  }

  numbers(layer, labels, channel) {
    const shown = SHOWN_NUMBERS.filter((name) => layer.numbers[name]);
    this.part("dl").replaceChildren(...shown.flatMap((name) => [
      element("dt", "", labels[name]),
      element("dd", "", name === "zeros" ? percent(layer.numbers.zeros[channel], 1) : short(layer.numbers[name][channel])),
    ]));
  }
}
