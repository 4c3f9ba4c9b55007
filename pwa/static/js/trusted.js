// The only door through which text becomes a document or a script address.
const rules = {
  createHTML: (text) => text,
  createScriptURL: (url) => {
    if (url !== "/sw.js") throw new TypeError(`not our worker: ${url}`);
    return url;
  },
};
const policy = window.trustedTypes ? window.trustedTypes.createPolicy("denghuo", rules) : rules;

export const workerUrl = () => policy.createScriptURL("/sw.js");

// A page of our own, fetched again: scripts in a parsed document never run.
export const parse = (html) => new DOMParser().parseFromString(policy.createHTML(html), "text/html");
