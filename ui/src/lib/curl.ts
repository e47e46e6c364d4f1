/** Requests as command lines for a POSIX shell. Pure. */

/** What is sent, besides the address. */
export interface Command {
  /** Lines of its head, such as `Content-Type: application/json`. */
  headers: readonly string[];
  /** A key is needed: the variable of the shell that this server's own commands read stands for it. */
  keyed: boolean;
  /** The body, or the name of the file that holds it. */
  body?: { text: string } | { file: string } | undefined;
}

const KEY = '"Authorization: Bearer $LLAMASWAP_API_KEY"';

/** The command that asks `url`, and shows an answer as it comes. */
export function curl(url: string, { headers, keyed, body }: Command): string {
  const words = [`curl -N ${asShell(url)}`, ...headers.map((line) => `-H ${asShell(line)}`)];
  if (keyed) words.push(`-H ${KEY}`);
  if (body) words.push("text" in body ? `--data-raw ${asShell(body.text)}` : `--data-binary ${asShell(`@${body.file}`)}`);
  return words.join(" \\\n  ");
}

/** `text` as one word of a POSIX shell, whatever is in it. */
export function asShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}
