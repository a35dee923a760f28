// How large a file may be, as the operator of the server has set it. Read once, when the first file is chosen.
import { answer, api } from '$lib/api/client';

class UploadLimits {
  /** Bytes of the largest file; unlimited until the server has said it. */
  fileBytes = $state(Infinity);
  #reading: Promise<void> | null = null;
  /** As the texts name it: whole megabytes. */
  readonly megabytes = $derived(Math.floor(this.fileBytes / 2 ** 20));
  readonly known = $derived(Number.isFinite(this.fileBytes));

  /** Reads the limit, unless it is known. Never fails: the server refuses what is too large by itself. */
  read(): Promise<void> {
    this.#reading ??= answer(api.GET('/api/v1/upload-limits')).then(
      ({ file_bytes }) => void (this.fileBytes = file_bytes),
      () => void (this.#reading = null)
    );
    return this.#reading;
  }
}

export const uploadLimits = new UploadLimits();
