// Predict first: the class answers before it sees, and a wrong answer gets the reason.

const CLOSE = 0.0051; // an answer rounded to two decimals is right

Object.assign(Player.prototype, {
  drawQuestion() {
    const form = this.part(".ask");
    const { labels, hidden } = this;
    form.hidden = !this.header.predict;
    if (form.hidden) return;
    form.querySelector("[type=submit]").textContent = labels.check;
    form.querySelector("[data-act=reveal]").textContent = labels.reveal;
    form.querySelectorAll("button").forEach((button) => (button.hidden = !hidden));
    form.querySelector(".question").textContent = hidden ? labels[`ask_${hidden}`] : labels.revealed;
    const wanted = { size: ["rows", "columns"], values: ["value"] }[hidden] ?? [];
    const fields = form.querySelector(".fields");
    const asked = `${hidden} ${hidden === "values" ? this.step : ""}`;
    if (fields.dataset.asked === asked) return;
    fields.dataset.asked = asked;
    if (!this.praised) this.say("");
    this.praised = false;
    fields.replaceChildren(...wanted.map((name) => {
      const input = Object.assign(document.createElement("input"), { name, type: "text", inputMode: "decimal", autocomplete: "off", maxLength: 12 });
      input.setAttribute("aria-label", labels[name]);
      input.placeholder = labels[name];
      return input;
    }));
  },

  answer(event) {
    event.preventDefault();
    const given = [...this.part(".fields").querySelectorAll("input")].map((input) => numberOf(input.value));
    if (given.some(Number.isNaN)) return this.say(this.labels.not_a_number, false);
    if (this.hidden === "size") this.answerSize(given);
    else this.answerValue(given[0]);
  },

  answerSize(given) {
    const right = [this.scene.model.rows.output, this.scene.model.columns.output];
    const wrong = [0, 1].filter((axis) => given[axis] !== right[axis]);
    if (!wrong.length) {
      this.praise();
      return this.reveal();
    }
    const reason = (axis) => this.header.size_reasons[axis][given[axis]] ?? this.labels.wrong_size;
    const named = (axis) => `${axis ? this.labels.columns : this.labels.rows}: ${reason(axis)}`;
    this.say(wrong.map(named).join(" "), false);
  },

  answerValue(given) {
    const { filter, row, column } = this.scene.focusAt(this.step);
    const right = this.scene.model.value(filter, row, column);
    if (given !== right && !(Math.abs(given - right) <= CLOSE)) {
      const known = this.header.value_reasons[this.step] ?? [];
      const [, reason] = known.find(([value]) => Math.abs(given - value) <= CLOSE) ?? [];
      return this.say(reason === undefined ? this.labels.wrong_values : this.labels.reasons[reason], false);
    }
    this.answered = Math.max(this.answered, this.step);
    this.praise();
    if (this.step < this.scene.steps - 1) this.go(this.step + 1);
    else this.reveal();
    this.part(".fields input")?.focus();
  },

  // Stays while the next question is drawn.
  praise() {
    this.say(this.labels.right, true);
    this.praised = true;
  },

  reveal() {
    this.revealed = true;
    this.drawQuestion();
    this.send("revealed", this.header.signature);
    this.request();
  },

  say(text, good) {
    const verdict = this.part(".verdict");
    verdict.textContent = text;
    verdict.className = `verdict ${good ? "good" : "bad"}`;
  },
});

// "7", "-1,5", "7/4", "-∞"; anything else is NaN.
function numberOf(text) {
  const parts = text.trim().replace(/\u2212/g, "-").replace(/,/g, ".").replace("∞", "Infinity").split("/");
  if (parts.length > 2 || parts.some((part) => part.trim() === "")) return NaN;
  return parts.map(Number).reduce((first, second) => first / second);
}
