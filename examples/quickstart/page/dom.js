export const $ = (id) => document.getElementById(id);

// element makes an element. What came from somebody else enters the page as its
// text, never as HTML.
export function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}
