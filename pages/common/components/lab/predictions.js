// Test pictures with the answers: the fixed strip that turns green, and the worst mistakes.

class PredictionsPanel {
  constructor(lab) {
    this.lab = lab;
    this.host = element("div", "strip");
  }

  draw(seen) {
    const { labels, store } = this.lab;
    const { labels: truth, answers, probabilities } = seen.strip;
    const right = answers.filter((answer, i) => answer === truth[i]).length;
    this.lab.note(told(labels.strip, { right, all: answers.length }));
    const { pictures } = store;
    const record = pictures?.header.strip;
    this.host.replaceChildren(...answers.map((answer, i) => {
      const good = answer === truth[i];
      const card = pictureCard(record && pictureOf(pictures.blobs[record.blob], record.shape, i), good);
      card.append(element("span", "answer", `${good ? "✓" : "✗"} ${this.lab.name(answer)}`), bar(probabilities[i]));
      card.title = told(labels.strip_one, { label: this.lab.name(truth[i]), answer: this.lab.name(answer), probability: percent(probabilities[i], 1) });
      return card;
    }));
  }
}

class MistakesPanel {
  constructor(lab) {
    this.lab = lab;
    this.host = element("div", "mistakes");
  }

  draw(seen) {
    const { labels } = this.lab;
    const { labels: truth, answers, probabilities } = seen.mistakes;
    this.lab.note(answers.length ? labels.mistakes : labels.mistakes_none);
    const bytes = seen.array(seen.wrong);
    this.host.replaceChildren(...answers.map((answer, i) => {
      const card = pictureCard(pictureOf(bytes, seen.wrong.shape, i), false);
      const values = { label: this.lab.name(truth[i]), answer: this.lab.name(answer), probability: percent(probabilities[i]) };
      card.append(element("span", "answer", told(labels.mistake, values)));
      return card;
    }));
  }
}

function pictureCard(image, good) {
  const card = element("figure", `card ${good ? "right" : "wrong"}`);
  const canvas = element("canvas");
  if (image) {
    [canvas.width, canvas.height] = [image.width, image.height];
    canvas.getContext("2d").drawImage(image, 0, 0);
  }
  card.append(canvas);
  return card;
}

function bar(share) {
  const track = element("span", "track");
  const filled = element("span");
  filled.style.width = `${100 * (share ?? 0)}%`;
  track.append(filled);
  return track;
}
