// What the page says of itself while the daemon does not answer: a browser of a few lines around refresh.js.

const main = { first: null, prepend(element) { this.first = element; element.remove = () => { this.first = null; }; } };
let tick;
globalThis.setInterval = (run) => { tick = run; };
const page = (now) => ({ body: { dataset: { now } }, getElementById: () => null });
globalThis.document = {
  hidden: false,
  body: { dataset: { now: "2026-11-24T09:30:05Z", zone: "Europe/Stockholm" } },
  querySelector: (asked) => (asked === "main" ? main : { part: asked }),
  querySelectorAll: () => [{ id: "status", contains: () => false, querySelector: () => null }],
  getElementById: (id) => (id === "stale" ? main.first : null),
  createElement: () => ({ setAttribute() {} }),
};
globalThis.location = { href: "http://127.0.0.1/", assign() {} };
globalThis.DOMParser = class { parseFromString(text) { return page(text); } };
let answer;
globalThis.fetch = async () => answer();
const { startRefresh } = await import(process.argv[2]);
startRefresh();
const settle = () => new Promise((done) => setTimeout(done, 20));
const gone = () => { throw new TypeError("refused"); };
const failed = () => ({ url: location.href, ok: false });
const good = () => ({ url: location.href, ok: true, text: async () => "2026-11-24T09:31:00Z" });
for (answer of [gone, good, failed]) {
  tick();
  await settle();
  console.log(main.first?.textContent ?? "-");
}
