/** `text` as one word of a POSIX shell, whatever is in it. */
export function asShell(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`;
}
