// A picture is written again before it is sent: smaller, and without what the camera noted (place, time, device).
import { fitted } from './fit';

/** What the server takes. */
const MOST_BYTES = 1024 * 1024;
const QUALITIES = [0.85, 0.7, 0.5, 0.3];

/** The picture as a JPEG of at most 1 MiB, or the file as it is if the browser cannot read it. */
export async function rewritten(file: File): Promise<File> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const { width, height } = fitted(bitmap.width, bitmap.height);
    const canvas = new OffscreenCanvas(width, height);
    const context = canvas.getContext('2d');
    if (!context) return file;
    // A JPEG has no transparency.
    context.fillStyle = '#fff';
    context.fillRect(0, 0, width, height);
    context.drawImage(bitmap, 0, 0, width, height);
    bitmap.close();
    const name = `${file.name.replace(/\.[^.]+$/, '') || 'picture'}.jpg`;
    for (const quality of QUALITIES) {
      const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality });
      if (blob.size <= MOST_BYTES) return new File([blob], name, { type: 'image/jpeg' });
    }
  } catch {
    // The server says what is wrong with it.
  }
  return file;
}
