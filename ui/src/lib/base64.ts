/** Between base64 and bytes. */

/** A file's bytes as base64. Rejects when it cannot be read. */
export function base64Of(file: Blob): Promise<string> {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => {
      const address = typeof reader.result === "string" ? reader.result : "";
      done(address.slice(address.indexOf(",") + 1));
    };
    reader.onerror = () => fail(reader.error ?? new Error(file.type));
    reader.readAsDataURL(file);
  });
}

/** The bytes that base64, or a `data:` address of it, stands for. Throws for what is none. */
export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64.slice(base64.indexOf(",") + 1));
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes;
}
