/** Colours for code: what models write most. It is fetched when a fence has closed. */

import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { cleanCode } from "./clean";

const LANGUAGES = { bash, cpp, css, diff, go, java, javascript, json, python, rust, sql, typescript, xml, yaml };
/** Characters; more would be felt while one types. */
const LONGEST = 20_000;
const LONGEST_LINE = 2000;

for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language);

/** `source` in colours; null when its language is not known, or it is too long. */
export function coloured(source: string, language: string): DocumentFragment | null {
  if (source.length > LONGEST || !hljs.getLanguage(language)) return null;
  if (source.split("\n").some((line) => line.length > LONGEST_LINE)) return null;
  return cleanCode(hljs.highlight(source, { language, ignoreIllegals: true }).value);
}
