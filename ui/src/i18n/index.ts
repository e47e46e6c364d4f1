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
  return others ? (translated(english, others) as T) : english;
}

/** The texts of `others`, and of `english` where they lack one. */
export function translated(english: Words, others: Words): Words {
  const each = Object.entries(english).map(([name, text]): [string, Words[string]] => {
    const other = others[name];
    if (other === undefined || typeof other !== typeof text) return [name, text];
    return [name, typeof other === "object" && typeof text === "object" ? translated(text, other) : other];
  });
  return Object.fromEntries<Words[string]>(each);
}

/** The first of the `wished` languages that there is, or English. */
export function chosen(wished: readonly string[], there: readonly string[]): string {
  const plain = wished.map((each) => each.split("-")[0] ?? "");
  return plain.find((each) => each === "en" || there.includes(each)) ?? "en";
}
