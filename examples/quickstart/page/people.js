// The nodes and the clients that are here, drawn.

import { $, element } from "./dom.js";

const nodeNames = new Map(); // by id

// showNodes draws the nodes, and how old what came from the others is.
export function showNodes(nodes, ownNode) {
  nodeNames.clear();
  for (const node of nodes) nodeNames.set(node.id, node.name);
  $("nodes").replaceChildren(...nodes.map((node) => newNode(node, node.id === ownNode)));
  for (const row of $("clients-rows").children) nameNode(row);
}

function newNode(node, own) {
  const item = element("li", own ? "own" : "");
  item.dataset.node = node.id;
  item.title = `node ${node.id}`;
  const clients = node.clients === 1 ? "1 client" : `${node.clients} clients`;
  const users = node.users === 1 ? "1 user" : `${node.users} users`;
  // What is here has no age; it is the other nodes that may have gone on.
  const age = own ? "your node" : `up to ${(node.age ?? 0).toFixed(1)} s old`;
  item.append(element("b", "", node.name || node.id), ` ${clients}, ${users} `, element("small", "age", age));
  return item;
}

function nameNode(row) {
  const { node } = row.dataset;
  const name = nodeNames.get(node);
  const code = row.querySelector("[data-label='Node'] code");
  code.textContent = name || `${node.slice(0, 4)}\u2026`;
  code.title = name ? `${name}, ${node}` : node;
}

// showClients draws what is new, removes what is gone and leaves the others,
// so that what somebody reads or has selected stays.
export function showClients(clients, ownID) {
  const rows = $("clients-rows");
  const there = new Map([...rows.children].map((row) => [row.dataset.id, row]));
  const wanted = clients.map((client) => there.get(client.id) ?? newRow(client));
  const kept = new Set(wanted);
  for (const row of there.values()) if (!kept.has(row)) row.remove();
  wanted.forEach((row, i) => {
    if (rows.children[i] !== row) rows.insertBefore(row, rows.children[i] ?? null);
  });
  markOwnRow(ownID);
}

export function markOwnRow(ownID) {
  for (const row of $("clients-rows").children) row.toggleAttribute("data-you", row.dataset.id === ownID);
}

function newRow(client) {
  const row = element("tr");
  row.setAttribute("role", "row");
  Object.assign(row.dataset, { id: client.id, user: client.user, node: client.node });

  const user = element("span", "who");
  user.append(newFace(client), element("span", "name", client.user), element("span", "you", "you"));
  const roles = element("span", "roles");
  for (const role of client.roles) roles.append(element("span", "role", role));
  if (client.anonymous) roles.append(element("span", "role none", "anonymous"));
  const why = element("button", "why", "why?");
  why.type = "button";
  why.setAttribute("aria-label", `Why is ${client.user} here?`);

  row.append(
    newCell("User", user),
    newCell("Roles", roles),
    newCell("Client", newShort(client.id, `\u2026${client.id.slice(-6)}`)),
    newCell("Node", newShort(client.node, "")),
    newCell("Since", newTime(new Date(client.since))),
    newCell("Why", why),
  );
  nameNode(row);
  return row;
}

function newCell(label, content) {
  const cell = element("td");
  cell.setAttribute("role", "cell");
  cell.dataset.label = label;
  cell.append(content);
  return cell;
}

function newShort(full, short) {
  const code = element("code", "", short);
  code.title = full;
  return code;
}

export function newTime(date) {
  const time = element("time", "", date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" }));
  time.dateTime = date.toISOString();
  time.title = date.toLocaleString();
  return time;
}

// hue gives every name a colour of its own, or nearly.
function hue(name) {
  let sum = 7;
  for (const c of name) sum = (sum * 31 + c.codePointAt(0)) % 360;
  return sum;
}

export function paintFace(face, who) {
  face.textContent = who.anonymous ? "?" : who.user[0].toUpperCase();
  face.classList.toggle("anonymous", who.anonymous);
  face.style.setProperty("--hue", hue(who.user));
}

export function newFace(who) {
  const face = element("span", "face");
  face.setAttribute("aria-hidden", "true");
  paintFace(face, who);
  return face;
}
