/** Looking up by words that others have chosen. Pure. */

/** What `record` itself has by the name of `key`; not what every object has, such as `constructor`. */
export function ownOf<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
