// Gives a text to the browser's downloads.

/** Saves a text under a name. */
export function saveFile(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then; browsers need the address for that moment.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
