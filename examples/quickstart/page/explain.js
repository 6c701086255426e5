// Why somebody is here, or is not: the server looks step by step, and says what
// it found.

import { $, element } from "./dom.js";

let asked = null; // the question that is on show: { query, about }
let opener = null; // what had the focus before

$("clients-rows").addEventListener("click", ({ target }) => {
  const button = target.closest("button.why");
  if (!button) return;
  const { id, user } = button.closest("tr").dataset;
  open({ query: new URLSearchParams({ id }), about: `This client of ${user}` }, button);
});

$("why-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const user = $("why-user").value;
  open({ query: new URLSearchParams({ user }), about: user }, $("why-user"));
});

$("why-again").addEventListener("click", () => ask());
$("why-close").addEventListener("click", () => closeWhy());
$("why").addEventListener("keydown", ({ key }) => {
  if (key === "Escape") closeWhy();
});

async function open(question, from) {
  asked = question;
  opener = from;
  await ask();
  $("why").scrollIntoView({ block: "nearest" });
  $("why-title").focus({ preventScroll: true });
}

export function closeWhy() {
  if ($("why").hidden) return;
  const inside = $("why").contains(document.activeElement);
  asked = null;
  $("why").hidden = true;
  if (inside) (opener?.isConnected ? opener : $("why-user")).focus();
}

async function ask() {
  const question = asked;
  let answer;
  try {
    const response = await fetch(`/explain?${question.query}`, { headers: { Accept: "application/json" } });
    answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
  } catch (error) {
    answer = { error: error.message, steps: [] };
  }
  if (question === asked) show(question.about, answer); // else another one was asked meanwhile
}

function show(about, answer) {
  $("why").hidden = false;
  $("why").dataset.visible = String(Boolean(answer.visible));
  $("why-title").textContent = verdict(about, answer);
  $("why-steps").replaceChildren(...newSteps(answer.steps));
}

function verdict(about, { error, visible, unread }) {
  if (error) return `No answer: ${error}`;
  if (visible) return `${about} is here`;
  return unread ? `${about} may be here: not all could be read` : `${about} is not here`;
}

// newSteps draws the steps, with the name of a node before those that are about it.
function newSteps(steps) {
  const items = [];
  let node = "";
  for (const step of steps) {
    if (step.node && step.node !== node) {
      const title = element("li", "at", step.name || step.node);
      title.title = `node ${step.node}`;
      items.push(title);
    }
    node = step.node;
    items.push(newStep(step));
  }
  return items;
}

function newStep(step) {
  const item = element("li", "step");
  item.dataset.what = step.what;
  item.dataset.found = step.found;
  item.append(element("span", "mark", step.found ? "yes" : "no"), element("b", "", step.what), element("span", "", step.detail));
  return item;
}
