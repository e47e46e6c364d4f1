"use strict";

const EVERY = 3000;
const root = new URL("..", document.baseURI);
const at = (id) => document.getElementById(id);
let session = null;
let timer = null;

async function ask(method, path, body) {
  const headers = { "X-Requested-With": "llama-swap-ui", Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const answer = await fetch(new URL(path, root), {
    method, headers, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  let value = null;
  try { value = JSON.parse(text); } catch { value = null; }
  if (answer.status === 401 && path !== "api/login") begin();
  if (!answer.ok) throw new Error(value?.error?.message ?? `${answer.status} ${text}`.trim());
  return value;
}

function say(text, bad = false) {
  at("message").textContent = text;
  at("message").classList.toggle("bad", bad);
}

function may(scope) {
  return session !== null && session.scopes.includes(scope);
}

async function begin() {
  clearTimeout(timer);
  try {
    session = await ask("GET", "api/session");
  } catch (error) {
    say(error.message, true);
    return;
  }
  const shut = session.keyNeeded && !session.loggedIn;
  at("login").hidden = !shut;
  at("models").hidden = shut;
  at("who").hidden = !session.loggedIn;
  at("name").textContent = session.name ?? "";
  at("all").hidden = !may("admin");
  if (shut) at("key").focus(); else await show();
}

async function show() {
  clearTimeout(timer);
  if (!document.hidden) {
    try {
      const listed = (await ask("GET", "v1/models")).data;
      const running = may("read") ? (await ask("GET", "running")).running : [];
      fill(listed, new Map(running.map((each) => [each.model, each.state])));
    } catch (error) {
      say(error.message, true);
    }
  }
  if (session !== null && !at("models").hidden) timer = setTimeout(show, EVERY);
}

function fill(listed, states) {
  const focused = document.activeElement?.dataset?.act;
  at("rows").replaceChildren(...listed.map((model) => row(model, states)));
  if (focused) document.querySelector(`[data-act="${CSS.escape(focused)}"]`)?.focus();
}

function row(model, states) {
  const kind = model.meta?.llamaswap?.type ?? "model";
  const known = kind === "model";
  const state = known ? states.get(model.id) ?? (model.status?.value === "loaded" ? "loaded" : "stopped") : kind;
  const line = document.createElement("tr");
  const name = document.createElement("th");
  name.scope = "row";
  name.textContent = model.name ?? model.id;
  if (model.name && model.name !== model.id) name.append(element("small", model.id));
  if (model.description) name.append(element("small", model.description));
  const told = element("td", state);
  told.className = state;
  const actions = document.createElement("td");
  if (known && may("admin")) {
    actions.append(button("Load", "load", model.id), " ", button("Unload", "unload", model.id));
  }
  line.append(name, told, actions);
  return line;
}

function element(kind, text) {
  const made = document.createElement(kind);
  made.textContent = text;
  return made;
}

function button(label, act, id) {
  const made = element("button", label);
  made.type = "button";
  made.dataset.act = `${act} ${id}`;
  made.setAttribute("aria-label", `${label} ${id}`);
  made.addEventListener("click", () => work(`${label} ${id} …`, `api/models/${act}/${encodeURIComponent(id)}`));
  return made;
}

async function work(what, path) {
  say(what);
  try {
    const done = ask("POST", path);
    show();
    await done;
    say("");
  } catch (error) {
    say(error.message, true);
  }
  show();
}

at("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await ask("POST", "api/login", { key: at("key").value });
    at("key").value = "";
    say("");
    await begin();
  } catch (error) {
    say(error.message, true);
    at("key").select();
  }
});
at("logout").addEventListener("click", async () => {
  try { await ask("POST", "api/logout"); } catch (error) { say(error.message, true); }
  begin();
});
at("unload").addEventListener("click", () => work("Unload all …", "api/models/unload"));
document.addEventListener("visibilitychange", () => { if (!document.hidden && session !== null) show(); });
begin();
