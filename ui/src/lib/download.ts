/** Have the browser save `content` as a file called `name`. */
export function download(name: string, content: BlobPart, type = "text/plain;charset=utf-8"): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
