// What the network answers when the drawing is moved over the pad: 17×17 answers, computed in slices of a few
// milliseconds, so that drawing is never kept waiting.

const REACH = 8; // pixels of MNIST's pictures, each a 28th of the pad
const ACROSS = 2 * REACH + 1;
const SLICE = 6; // milliseconds
const SHIFT = PAD / 28;
const CELL = 18;

// Probabilities for each shift, row by row; `centring` says whether the moved drawing is centred again. What a shift
// leaves whole is centred to the same picture, and need not be computed again.
function* shiftedAnswers(ink, frame, network, centring) {
  const bounds = inkBounds(ink);
  let whole = null;
  for (let down = -REACH; down <= REACH; down++) {
    for (let right = -REACH; right <= REACH; right++) {
      const cut = cuts(bounds, down * SHIFT, right * SHIFT);
      if (centring && !cut && whole) {
        yield whole;
        continue;
      }
      const moved = movedInk(ink, down * SHIFT, right * SHIFT);
      const answer = softmax(network.scores(centring ? centred(moved, frame) : asDrawn(moved, frame)));
      if (centring && !cut) whole = answer;
      yield answer;
    }
  }
}

const cuts = ({ top, bottom, left, right }, down, across) => top + down < 0 || bottom + down > PAD || left + across < 0 || right + across > PAD;

// Both maps, or null when something newer is wanted meanwhile; `tell` hears what share of them is done.
async function bothMaps(ink, frame, network, isOld, tell) {
  const maps = {};
  let done = 0;
  for (const way of WAYS.toReversed()) {
    maps[way] = [];
    let until = performance.now() + SLICE;
    for (const answer of shiftedAnswers(ink, frame, network, way === "centred")) {
      maps[way].push(answer);
      done++;
      if (performance.now() < until) continue;
      await new Promise((resolve) => setTimeout(resolve));
      if (isOld()) return null;
      tell(done / (WAYS.length * ACROSS * ACROSS));
      until = performance.now() + SLICE;
    }
  }
  return maps;
}

const indexOfLargest = (values) => values.indexOf(Math.max(...values));

const countOf = (map, answer) => map.filter((each) => indexOfLargest(each) === answer).length;

// Colour: probability of `answer`; the digit itself where another one is named.
function paintShifts(canvas, map, answer, palette) {
  const ratio = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [ACROSS * CELL * ratio, ACROSS * CELL * ratio];
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  Object.assign(context, { font: "bold 12px sans-serif", textAlign: "center", textBaseline: "middle" });
  map.forEach((probabilities, i) => {
    const [x, y] = [(i % ACROSS) * CELL, Math.floor(i / ACROSS) * CELL];
    const level = 3 * Math.round(255 * probabilities[answer]);
    const colour = [palette[level], palette[level + 1], palette[level + 2]];
    context.fillStyle = css(colour);
    context.fillRect(x, y, CELL, CELL);
    context.fillStyle = inkOn(colour);
    context.fillText(indexOfLargest(probabilities), x + CELL / 2, y + CELL / 2 + 1);
  });
  context.strokeStyle = "#e33";
  context.lineWidth = 2;
  context.strokeRect(REACH * CELL, REACH * CELL, CELL, CELL);
}
