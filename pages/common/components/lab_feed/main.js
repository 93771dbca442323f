// What is new of a run, a small message each second; the lab beside it listens.
export default function ({ data }) {
  (globalThis.cnnvizRuns ??= new Map()).set(data.feed, data);
  globalThis.dispatchEvent(new CustomEvent("cnnviz-run", { detail: data.feed }));
}
