// Deadlines that run: each second the time that is left, never longer than it is.

import { serverNow } from "./clock.js";

const pad = (number) => String(number).padStart(2, "0");

export function timeLeft(due, now, isDuty) {
  // Floor, so that 59.9 seconds are shown as 59.
  const seconds = Math.floor((due - now) / 1000);
  const late = seconds < 0;
  const all = Math.abs(seconds);
  const days = Math.floor(all / 86400);
  const clock = `${pad(Math.floor(all / 3600) % 24)}:${pad(Math.floor(all / 60) % 60)}:${pad(all % 60)}`;
  const text = days > 0 ? `${days} d ${clock}` : clock;
  if (!late) {
    return { late, text: `${text} left` };
  }
  // A provisional clock that passed is no duty missed.
  return { late, text: isDuty ? `overdue by ${text}` : `passed ${text} ago` };
}

function tick() {
  const now = serverNow();
  for (const element of document.querySelectorAll("time[data-due]")) {
    const due = Date.parse(element.dataset.due);
    if (Number.isNaN(due)) {
      continue;
    }
    const { late, text } = timeLeft(due, now, "duty" in element.dataset);
    element.textContent = text;
    element.classList.toggle("late", late);
  }
}

export function startCountdowns() {
  if (document.querySelector("time[data-due]") || document.querySelector("[data-refresh]")) {
    tick();
    setInterval(tick, 1000);
  }
}
