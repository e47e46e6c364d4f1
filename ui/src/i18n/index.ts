/**
 * The catalogue of what users read. English stands in the `words.ts` of each page, as an object of texts and of functions that
 * make whole sentences; another language is a file here with objects of the same shape, by area.
 */

type Text = string | ((...values: never[]) => string);
export type Words = { readonly [key: string]: Text | Words };

/** Other languages, by their code, then by area. What one lacks is said in English. */
const LANGUAGES: Readonly<Record<string, Readonly<Record<string, Words>>>> = {};

/** The language in use. */
export const language = chosen(typeof navigator === "undefined" ? [] : navigator.languages, Object.keys(LANGUAGES));

/** The words of `area` in the language in use. */
export function words<const T extends Words>(area: string, english: T): T {
  const others = LANGUAGES[language]?.[area];
  return others ? ({ ...english, ...others }) : english;
}

/** The first of the `wished` languages that there is, or English. */
export function chosen(wished: readonly string[], there: readonly string[]): string {
  const plain = wished.map((each) => each.split("-")[0] ?? "");
  return plain.find((each) => each === "en" || there.includes(each)) ?? "en";
}
