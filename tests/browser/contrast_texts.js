// Makes every text invisible without moving it, then tells where each line stands and its colour.
() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`*, *::placeholder, *::before, *::after {
    -webkit-text-fill-color: transparent !important; text-decoration: none !important; caret-color: transparent !important;
  }
  ::-webkit-datetime-edit, ::-webkit-calendar-picker-indicator { opacity: 0 !important }
  .tabs { position: static !important }`);
  document.adoptedStyleSheets = [sheet];

  const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest(".vh, .skip");
  const opacity = (element) => (element ? Number(getComputedStyle(element).opacity) * opacity(element.parentElement) : 1);
  const found = [];
  const add = (element, words, box, color) => {
    if (box.width < 2 || box.bottom + scrollY <= 0) return;
    const size = parseFloat(getComputedStyle(element).fontSize);
    const trim = Math.max(0, (box.height - size) / 2); // the ink, not the line's own air
    found.push({
      words: words.trim().slice(0, 40), size, color, opacity: opacity(element),
      box: [box.left + scrollX + 1, box.top + scrollY + trim, box.width - 2, box.height - 2 * trim],
    });
  };

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !shown(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(texts.currentNode);
    for (const box of range.getClientRects()) add(element, texts.currentNode.data, box, getComputedStyle(element).color);
  }
  for (const field of document.querySelectorAll("input:not([type=radio], [type=checkbox], [type=hidden]), textarea, select")) {
    const words = field.value || field.placeholder || "";
    if (!words || !shown(field)) continue;
    const box = field.getBoundingClientRect();
    const inner = new DOMRect(box.left + 12, box.top + 8, box.width - 48, box.height - 16); // without its arrow
    add(field, words, inner, getComputedStyle(field, field.value ? null : "::placeholder").color);
  }
  return found;
}
