// Files that are dropped anywhere on a page: the page says where they go; without a page's word the browser would open them.
import { untrack } from 'svelte';

/** What takes dropped files, and what the place is called. */
export interface DropTarget {
  name: string;
  take: (files: File[]) => void;
}

class FileDrop {
  /** Files are held over the page. */
  over = $state(false);
  #targets = $state.raw<(() => DropTarget | null)[]>([]);

  /** Where files go now: the innermost place that takes any. */
  get target(): DropTarget | null {
    for (const target of this.#targets.toReversed()) {
      const found = target();
      if (found) return found;
    }
    return null;
  }

  /** Makes a place take files until the returned function is called. */
  offer(target: () => DropTarget | null): () => void {
    // An effect that offers does not depend on what else is offered.
    this.#targets = [...untrack(() => this.#targets), target];
    return () => (this.#targets = this.#targets.filter((other) => other !== target));
  }
}

export const fileDrop = new FileDrop();

export function carriesFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/** The files of a drop without the folders, and whether there were any folders. */
export function filesOf(transfer: DataTransfer | null): { files: File[]; folders: boolean } {
  const folders = Array.from(transfer?.items ?? []).filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
  const names = new Set(folders.map((item) => item.getAsFile()?.name));
  const files = Array.from(transfer?.files ?? []).filter(({ name }) => !names.has(name));
  return { files, folders: folders.length > 0 };
}
