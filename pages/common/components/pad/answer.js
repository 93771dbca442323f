// The answer: what the network sees in both ways, the digit it names, its ten probabilities, and what confuses it.

const WAYS = ["centred", "drawn"];
const UNSURE = 0.5; // margin below which the network is said to hesitate
const ANSWER_MARKUP = `
  <div class="ways" role="radiogroup">${WAYS.map((way) => `
    <button type="button" role="radio" data-way="${way}"><b></b><canvas></canvas><span class="said"></span></button>`).join("")}
  </div>
  <div class="verdict" aria-live="polite"><output></output><p></p></div>
  <div class="bars">${Array.from({ length: 10 }, (_, digit) => `
    <div><b>${digit}</b><span class="bar"><i></i></span><span class="share"></span></div>`).join("")}</div>`;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// 99.4%; never 100 where it is less.
function percent(share) {
  const text = (100 * share).toFixed(1);
  return text === "100.0" ? `${share < 1 ? "> 99.9" : "100"}${percentSign}` : `${text}${percentSign}`;
}

class AnswerPanel {
  constructor(element, choose) {
    this.element = element;
    element.innerHTML = ANSWER_MARKUP;
    const ways = element.querySelector(".ways");
    ways.addEventListener("click", (event) => choose(event.target.closest("button")?.dataset.way));
    ways.addEventListener("keydown", (event) => {
      if (!(event.key in MOVES)) return;
      event.preventDefault();
      const other = ways.querySelector("[aria-checked=false]");
      choose(other.dataset.way);
      other.focus();
    });
  }

  // pictures: {way: levels}, probabilities: {way: [ten], or null without ink}.
  show(way, side, pictures, probabilities, labels) {
    this.element.querySelector(".ways").setAttribute("aria-label", labels.choose);
    for (const each of WAYS) this.showWay(each, each === way, side, pictures[each], probabilities?.[each], labels);
    const chosen = probabilities?.[way];
    this.element.querySelector("output").textContent = chosen ? indexOfLargest(chosen) : "?";
    this.element.querySelector(".verdict p").textContent = chosen ? confusion(way, probabilities, labels) : labels.nothing;
    this.showBars(chosen);
  }

  showWay(way, chosen, side, levels, probabilities, labels) {
    const button = this.element.querySelector(`[data-way=${way}]`);
    const said = probabilities ? `${indexOfLargest(probabilities)}, ${percent(Math.max(...probabilities))}` : "–";
    button.setAttribute("aria-checked", chosen);
    button.tabIndex = chosen ? 0 : -1;
    button.setAttribute("aria-label", fill(labels.seen, { way: labels.ways[way], side, answer: said }));
    button.querySelector("b").textContent = labels.ways[way];
    button.querySelector(".said").textContent = said;
    const grey = (level) => greyColour(level);
    paintMap(button.querySelector("canvas"), { rows: side, columns: side, values: levels }, 0, grey);
  }

  showBars(probabilities) {
    const best = probabilities ? indexOfLargest(probabilities) : -1;
    [...this.element.querySelector(".bars").children].forEach((row, digit) => {
      const share = probabilities?.[digit] ?? 0;
      row.classList.toggle("best", digit === best);
      row.querySelector("i").style.width = `${100 * share}%`;
      row.querySelector(".share").textContent = probabilities ? percent(share) : "–";
    });
  }
}

// The second best answer and the margin, and what the other way would say.
function confusion(way, probabilities, labels) {
  const [first, second] = [...probabilities[way].keys()].sort((a, b) => probabilities[way][b] - probabilities[way][a]);
  const [share, next] = [probabilities[way][first], probabilities[way][second]];
  const margin = formatNumber(100 * (share - next), 1);
  const text = share - next < UNSURE ? labels.hesitates : labels.sure;
  const other = indexOfLargest(probabilities[way === "centred" ? "drawn" : "centred"]);
  const also = other === first ? fill(labels.same, { answer: first }) : fill(labels.differs[way], { other });
  return `${fill(text, { first, second, share: percent(share), next: percent(next), margin })} ${also}`;
}
