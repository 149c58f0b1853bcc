// "Aware now" and "Dismiss": what will be recorded is shown before it is.

import { serverNow } from "./clock.js";
import { post } from "./fetch.js";

const WORDS = {
  aware: { heading: "Declare awareness", confirm: "Record awareness" },
  dismissed: { heading: "Dismiss the draft", confirm: "Dismiss" },
};

const part = (id) => document.getElementById(id);

function showButtons() {
  for (const actions of document.querySelectorAll(".actions[data-incident]")) {
    actions.hidden = false;
  }
}

/** RFC 3339 to the second. */
const utc = (instant) => instant.toISOString().replace(".000Z", "Z");

/** The instant in the page's zone and in UTC, to the second. */
function shown(instant) {
  const timeZone = document.body.dataset.zone || "UTC";
  const local = instant.toLocaleString("en-GB", { timeZone, dateStyle: "medium", timeStyle: "medium" });
  return `${local} (${timeZone}; ${utc(instant).replace("T", " ")})`;
}

function plain(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function deadline(clock) {
  if (clock.nominal_date) {
    const day = new Date(`${clock.nominal_date}T12:00:00Z`);
    return `by the end of ${day.toLocaleDateString("en-GB", { timeZone: "UTC", dateStyle: "long" })}`;
  }
  if (clock.due) {
    return `by ${shown(new Date(clock.due))}`;
  }
  return clock.note || "one month after the notification is submitted";
}

function showDeadlines(incident) {
  const list = document.createElement("ul");
  for (const clock of incident.clocks || []) {
    const item = document.createElement("li");
    item.textContent = `${plain(clock.stage)} (${clock.regime}): ${deadline(clock)}`;
    list.append(item);
  }
  const heading = document.createElement("strong");
  heading.textContent = "The deadlines will be";
  part("fact-deadlines").replaceChildren(heading, list);
}

/** The fact is recorded; what is doubtful about it is said before the page goes on. */
function showWarnings(dialog, warnings) {
  const list = document.createElement("ul");
  for (const warning of warnings) {
    const item = document.createElement("li");
    item.textContent = warning;
    list.append(item);
  }
  const heading = document.createElement("strong");
  heading.textContent = "Recorded. Please look at this:";
  part("fact-deadlines").replaceChildren(heading, list);
  part("fact-reason-part").hidden = true;
  part("fact-confirm").hidden = true;
  part("fact-cancel").textContent = "Close";
  dialog.addEventListener("close", () => location.reload());
}

function problem(text) {
  part("fact-problem").textContent = text;
  part("fact-problem").hidden = !text;
}

/** Opens the dialog for one fact about one incident. */
async function ask(dialog, fact, data) {
  const at = new Date(serverNow());
  at.setMilliseconds(0);
  const path = `/api/v1/incidents/${encodeURIComponent(data.incident)}/facts`;
  const body = { fact, at: utc(at), party: data.party, source: "page" };
  const needsReason = fact === "dismissed";
  part("fact-heading").textContent = WORDS[fact].heading;
  part("fact-confirm").textContent = WORDS[fact].confirm;
  part("fact-incident").textContent = data.title;
  part("fact-at").textContent = shown(at);
  part("fact-reason-part").hidden = !needsReason;
  part("fact-reason").required = needsReason;
  part("fact-reason").value = "";
  part("fact-deadlines").replaceChildren();
  part("fact-confirm").disabled = fact === "aware";
  problem("");
  dialog.showModal();

  dialog.querySelector("form").onsubmit = async (event) => {
    event.preventDefault();
    part("fact-confirm").disabled = true;
    const reason = part("fact-reason").value.trim();
    try {
      const answer = await post(path, reason ? { ...body, reason } : body);
      if (answer.warnings?.length > 0) {
        showWarnings(dialog, answer.warnings);
      } else {
        location.reload();
      }
    } catch (error) {
      problem(error.message);
      part("fact-confirm").disabled = false;
    }
  };

  if (fact === "dismissed") {
    part("fact-deadlines").textContent =
      "Its provisional clocks end, and it can be reopened.";
    return;
  }
  try {
    showDeadlines(await post(`${path}/preview`, body));
    part("fact-confirm").disabled = false;
    part("fact-confirm").focus();
  } catch (error) {
    // What happened can be recorded all the same.
    problem(`The deadlines cannot be shown now: ${error.message}`);
    part("fact-confirm").disabled = false;
  }
}

export function startFacts() {
  const dialog = part("fact-dialog");
  if (!dialog) {
    return;
  }
  showButtons();
  document.addEventListener("vakt:parts", showButtons);
  part("fact-cancel").addEventListener("click", () => dialog.close());
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-fact]");
    if (button) {
      ask(dialog, button.dataset.fact, button.closest(".actions").dataset);
    }
  });
}
