// Results while typing; the form works without it.

import { fetchPage, take } from "./fetch.js";

const PAUSE_MS = 250;

export function startSearch() {
  const form = document.getElementById("search");
  if (!form) {
    return;
  }
  let timer;
  let running;

  async function run() {
    clearTimeout(timer);
    running?.abort();
    running = new AbortController();
    const path = `/?${new URLSearchParams(new FormData(form))}`;
    try {
      const fresh = await fetchPage(path, running.signal);
      take(fresh, "results");
      document.querySelector(".columns")?.classList.add("searching");
      history.replaceState(null, "", path);
    } catch (error) {
      if (error.name !== "AbortError") {
        form.submit();
      }
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE_MS);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run();
  });
}
