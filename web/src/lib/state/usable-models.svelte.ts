// The chat models of a space, read again when the space is another one.
import type { UsableModel } from '$lib/api/types';
import { listUsable } from './models';

export class UsableModels {
  /** Empty until they are read, and when that fails: the assistant's own model answers then. */
  list = $state.raw<UsableModel[]>([]);

  /** Whether the model of an assistant takes pictures. Of one in the variables that is not known. */
  sees(model: string | null | undefined): boolean {
    return this.list.some(({ id, origin, capabilities }) => {
      return id === model && origin !== 'installation' && capabilities.includes('vision');
    });
  }

  constructor(space: () => string | null | undefined) {
    $effect(() => {
      const id = space();
      let current = true;
      this.list = [];
      if (id) {
        listUsable(id).then(
          (models) => current && (this.list = models),
          () => undefined
        );
      }
      return () => (current = false);
    });
  }
}
