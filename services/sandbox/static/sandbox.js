"use strict";
// Keeps the page up to date without touching what a person is typing or has opened: fetch the page as the server
// renders it, replace the live parts of what is there already, add what is new.

const PAUSE = 1500;
let shown = document.body.dataset.version;

function patch(here, there) {
  for (const part of there.querySelectorAll("[data-live]")) {
    if (part.parentElement.closest("[data-key]") !== (there.matches("[data-key]") ? there : null)) continue;
    const mine = [...here.querySelectorAll(`[data-live="${part.dataset.live}"]`)]
      .find((one) => one.parentElement.closest("[data-key]") === (here.matches("[data-key]") ? here : null));
    if (mine && mine.dataset.was !== part.innerHTML) replaceLive(mine, part);
  }
}

function replaceLive(mine, part) {
  const atEnd = mine.scrollHeight - mine.scrollTop - mine.clientHeight < 40;
  mine.dataset.was = part.innerHTML;
  mine.innerHTML = part.innerHTML;
  localTimes(mine);
  if (atEnd) mine.scrollTop = mine.scrollHeight;
}

function patchList(here, there) {
  const wanted = [...there.children].filter((one) => one.dataset.key);
  const present = new Map([...here.children].map((one) => [one.dataset.key, one]));
  for (const one of wanted) {
    const mine = present.get(one.dataset.key);
    if (!mine) {
      here.append(document.importNode(one, true));
      settle(here.lastElementChild);
      continue;
    }
    present.delete(one.dataset.key);
    patch(mine, one);
    const [inner, fresh] = [mine, one].map((each) => each.querySelector(":scope > [data-list]"));
    if (inner && fresh) patchList(inner, fresh);
  }
  for (const gone of present.values()) if (!gone.contains(document.activeElement)) gone.remove();
  order(here, wanted.map((one) => one.dataset.key));
}

// Moving an element resets its iframes and its focus, so only what is out of place is moved, and never what is in use.
function order(here, keys) {
  if (here.contains(document.activeElement) || here.querySelector("details[open]")) return;
  keys.forEach((key, place) => {
    const one = [...here.children].find((child) => child.dataset.key === key);
    if (one && here.children[place] !== one) here.insertBefore(one, here.children[place]);
  });
}

function localTimes(root) {
  for (const time of root.querySelectorAll("time")) {
    const parts = { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };
    time.textContent = new Date(time.dateTime).toLocaleString([], parts);
  }
}

function settle(root) {
  localTimes(root);
  for (const bubbles of root.querySelectorAll(".bubbles")) bubbles.scrollTop = bubbles.scrollHeight;
}

async function refresh() {
  const version = (await (await fetch("version.json")).json()).version;
  if (String(version) === shown) return;
  const page = new DOMParser().parseFromString(await (await fetch("./")).text(), "text/html");
  patch(document.body, page.body);
  for (const id of ["phones", "inboxes"]) {
    const [here, there] = [document, page].map((each) => each.querySelector(`#${id} > [data-list]`));
    patchList(here, there);
  }
  shown = page.body.dataset.version;
}

async function send(event) {
  event.preventDefault();
  const form = event.target;
  const [field, button] = [form.elements.body, form.querySelector("button")];
  const reply = JSON.stringify({ phone: form.elements.phone.value, body: field.value });
  button.disabled = true;
  try {
    const answer = await fetch("reply", { method: "POST", body: reply, headers: { "Content-Type": "application/json" } });
    if (answer.ok) field.value = "";
    field.setCustomValidity(answer.ok ? "" : (await answer.json()).error);
    field.reportValidity();
    await refresh();
  } finally {
    button.disabled = false;
    field.focus();
  }
}

document.addEventListener("submit", (event) => { if (event.target.matches(".compose")) send(event); });
document.addEventListener("input", (event) => event.target.setCustomValidity?.(""));
settle(document);
(async function keepUp() {
  // A sandbox that is restarting is simply asked again.
  if (!document.hidden) await refresh().catch(() => {});
  setTimeout(keepUp, PAUSE);
})();
