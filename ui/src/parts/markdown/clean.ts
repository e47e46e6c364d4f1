/** The only way from text to markup: an allow-list, by DOMPurify, whose Trusted Types policy is the only one for markup. */

import DOMPurify, { type Config } from "dompurify";

const SAFE = ["align", "class", "data-slot", "start", "title", "type", "checked", "disabled"];

const MARKDOWN: Config = {
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "del", "div", "em", "h3", "h4", "h5", "h6", "hr", "input", "li", "ol", "p", "pre", "span", "strong",
    "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["href", ...SAFE],
  ADD_URI_SAFE_ATTR: SAFE,
  ALLOWED_URI_REGEXP: /^(?:https?:\/\/|mailto:)/i,
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

const COLOURED: Config = { ALLOWED_TAGS: ["span"], ALLOWED_ATTR: ["class"], ADD_URI_SAFE_ATTR: ["class"], ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false };

/** Markup of a block of Markdown, as nodes. */
export function cleanMarkdown(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, { ...MARKDOWN, RETURN_DOM_FRAGMENT: true });
}

/** Markup of a highlighter, as nodes: nothing but spans with classes. */
export function cleanCode(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, { ...COLOURED, RETURN_DOM_FRAGMENT: true });
}
