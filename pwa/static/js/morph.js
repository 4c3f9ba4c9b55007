// Makes `from` look like `to` and touches only what differs: focus, scroll position, typed text and
// opened details survive. Elements marked data-keep belong to another script and stay as they are.
const key = (node) => (node.id || "") + "|" + (node.dataset?.key || "");
const alike = (a, b) => a && a.nodeName === b.nodeName && key(a) === key(b);

export function morph(from, to) {
  if (from.isEqualNode(to) || from.dataset?.keep !== undefined) return;
  if (from.nodeType !== Node.ELEMENT_NODE) {
    from.data = to.data;
    return;
  }
  syncAttributes(from, to);
  syncChildren(from, to);
}

function syncAttributes(from, to) {
  const mine = (name) => name === "open" && from.nodeName === "DETAILS";
  for (const { name } of [...from.attributes]) if (!to.hasAttribute(name) && !mine(name)) from.removeAttribute(name);
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !mine(name)) from.setAttribute(name, value);
  }
}

function syncChildren(from, to) {
  let place = from.firstChild;
  for (const child of [...to.childNodes]) {
    const found = alike(place, child) ? place : later(place, child);
    if (!found) {
      from.insertBefore(document.importNode(child, true), place);
      continue;
    }
    if (found === place) place = place.nextSibling;
    else from.insertBefore(found, place);
    morph(found, child);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

// Only a named element is looked for further down; anything else is simply inserted.
function later(place, child) {
  if (key(child) === "|") return null;
  for (let node = place; node; node = node.nextSibling) if (alike(node, child)) return node;
  return null;
}
