// The Python code of a box: that of its class, or of the nearest class around it, with the lines that name the box.

const TOKENS = /(#.*$)|("""[\s\S]*?"""|'''[\s\S]*?'''|[rfb]?"(?:[^"\\\n]|\\.)*"|[rfb]?'(?:[^'\\\n]|\\.)*')|\b(and|as|assert|async|await|break|class|continue|def|del|elif|else|except|finally|for|from|global|if|import|in|is|lambda|nonlocal|not|or|pass|raise|return|try|while|with|yield|None|True|False|self|super)\b|\b(\d[\d_.]*(?:e-?\d+)?)\b|^(\s*@[\w.]+)/gm;
const CLASSES = ["comment", "string", "keyword", "number", "decorator"];

Object.assign(Diagram.prototype, {
  // {name, text, part}: part is what the box is called in that class, "" for the class itself.
  sourceOf(box) {
    const { code } = this.trees[box.number];
    for (let each = box; each; each = each.parent) {
      if (each.run && each !== box) continue;
      const kind = each.run ? each.children[0].kind : each.kind;
      if (!Object.hasOwn(code, kind)) continue;
      const rest = each === box ? "" : box.id.slice(each.id ? each.id.length + 1 : 0);
      return { name: kind, text: code[kind], part: rest.split(/[.#*]/)[0] };
    }
    return null;
  },

  tellCode() {
    const box = this.part(".code");
    const source = this.sourceOf(this.chosen);
    this.part("[data-tab=code]").disabled = this.trees.every(({ code }) => !Object.keys(code).length);
    if (!source) return box.replaceChildren(this.labels.no_code);
    const heading = Object.assign(document.createElement("div"), { className: "where" });
    heading.textContent = source.part ? fill(this.labels.code_around, { name: this.chosen.name, class: source.name }) : fill(this.labels.code_of, { class: source.name });
    const pre = document.createElement("pre");
    pre.append(...coloured(source.text, source.part));
    box.replaceChildren(heading, pre);
    this.scrollToMention();
  },

  // To where the chosen layer is made; of a class to what it does.
  scrollToMention() {
    const [code, line] = [this.part(".code"), this.part(".code .mention") ?? this.part(".code .forward")];
    if (!code.hidden) code.scrollTop = line ? Math.max(0, line.offsetTop - 60) : 0;
  },
});

// Lines of code as elements; those that name `part` stand out.
function coloured(text, part) {
  const named = part && new RegExp(`(?<!\\w)${part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?!\\w)`);
  const lines = [[]];
  const add = (piece, kind) => piece.split("\n").forEach((line, i) => {
    if (i) lines.push([]);
    if (line) lines.at(-1).push(kind ? Object.assign(document.createElement("span"), { className: kind, textContent: line }) : line);
  });
  let at = 0;
  for (const match of text.matchAll(TOKENS)) {
    add(text.slice(at, match.index));
    add(match[0], CLASSES[match.slice(1).findIndex((each) => each !== undefined)]);
    at = match.index + match[0].length;
  }
  add(text.slice(at));
  return lines.map((pieces) => {
    const line = Object.assign(document.createElement("div"), { className: "line" });
    line.append(...(pieces.length ? pieces : ["\u200b"]));
    const code = pieces.filter((piece) => piece.className !== "comment").map((piece) => piece.textContent ?? piece).join("");
    line.classList.toggle("mention", Boolean(named) && named.test(code));
    line.classList.toggle("forward", /^\s*def forward\b/.test(code));
    line.style.setProperty("--indent", `${code.search(/\S|$/) + 4}ch`); // what is wrapped stands further in
    return line;
  });
}
