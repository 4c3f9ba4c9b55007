// What can be measured in a page without looking at it.
(() => {
  const seen = (element) =>
    element.checkVisibility({ visibilityProperty: true }) && !element.closest(".vh, .skip") && element.getBoundingClientRect().width > 1;
  const named = (element) => `${element.tagName.toLowerCase()}.${element.className} ${(element.textContent || element.name || "").trim().slice(0, 30)}`;

  // What a finger may hit: the label of a field, the whole card of a stretched link.
  const reach = (element) => (element.matches(".stretched") ? element.closest(".rel") : element.closest("label") || element);
  // A link within a sentence cannot be larger than its line.
  const inSentence = (element) =>
    getComputedStyle(element).display === "inline" && [...element.parentElement.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());

  return {
    frame: () => ({
      lang: document.documentElement.lang,
      title: document.title,
      headings: [...document.querySelectorAll("h1")].map((heading) => heading.textContent.trim()),
    }),
    smallTargets: (least) =>
      [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
        .filter((element) => seen(element) && !inSentence(element))
        .map((element) => [element, reach(element).getBoundingClientRect()])
        .filter(([, { width, height }]) => width < least - 0.5 || height < least - 0.5)
        .map(([element, { width, height }]) => `${named(element)} ${width.toFixed()}×${height.toFixed()}`),
    smallTexts: (least) =>
      [...document.body.querySelectorAll("*")]
        .filter((element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
        .filter((element) => seen(element) && parseFloat(getComputedStyle(element).fontSize) < least)
        .map((element) => `${named(element)} ${getComputedStyle(element).fontSize}`),
    beyondTheEdge: () => {
      if (document.documentElement.scrollWidth <= innerWidth) return [];
      const within = (element) => element.parentElement?.closest(".table-wrap, svg"); // scrolls or cuts by itself
      return [...document.body.querySelectorAll("*")]
        .filter((element) => seen(element) && !within(element) && element.getBoundingClientRect().right > innerWidth + 1)
        .map((element) => `${named(element)} to ${element.getBoundingClientRect().right.toFixed()}`)
        .slice(0, 5);
    },
  };
})()
