// Moving documents to another collection, one after the other: how far it is, and what stayed for which reason.
import { answer, api, listAll } from '$lib/api/client';
import { asProblem, type ApiProblem } from '$lib/api/problem';
import type { Collection, Document } from '$lib/api/types';
import { may } from './workspace.svelte';

const PAGE = 100;
/** Refusals of one document; any other problem would meet the rest too. */
const OF_ONE: ReadonlySet<number> = new Set([403, 404, 409]);

export interface MoveFailure {
  document: Document;
  problem: ApiProblem;
}

export class DocumentMoves {
  done = $state(0);
  total = $state(0);
  busy = $state(false);
  failures = $state.raw<MoveFailure[]>([]);

  reset(): void {
    [this.done, this.total, this.failures] = [0, 0, []];
  }

  /** Moves each; true if none stayed. */
  async run(documents: Document[], move: (document: Document) => Promise<void>): Promise<boolean> {
    if (this.busy) return false;
    this.reset();
    [this.total, this.busy] = [documents.length, true];
    const failures: MoveFailure[] = [];
    for (const [at, document] of documents.entries()) {
      const problem = await move(document).then(() => null, asProblem);
      if (problem && !OF_ONE.has(problem.status)) {
        failures.push(...documents.slice(at).map((left) => ({ document: left, problem })));
        break;
      }
      if (problem) failures.push({ document, problem });
      this.done += 1;
    }
    [this.failures, this.busy] = [failures, false];
    return failures.length === 0;
  }
}

/** Where documents of a collection can be moved to: the collections of its space first, then by name. */
export async function moveTargets(from: { collection_id: string; space_id: string }): Promise<Collection[]> {
  const collections = await listAll(async (cursor) => {
    const page = await answer(api.GET('/api/v1/collections', { params: { query: { limit: PAGE, cursor } } }));
    return { items: page.collections, next: page.next_cursor };
  });
  const isElsewhere = ({ space_id }: Collection) => Number(space_id !== from.space_id);
  return collections
    .filter((one) => one.id !== from.collection_id && one.website_id === null && may(one, 'knowledge.edit'))
    .sort((one, other) => isElsewhere(one) - isElsewhere(other) || one.name.localeCompare(other.name));
}
