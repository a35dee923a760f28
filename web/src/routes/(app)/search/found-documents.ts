// Hits as documents: a search that finds ten passages of one document has found one document.
import type { Reranking, SearchHit, WebSource } from '$lib/api/types';

/** A hit; servers that know more about its document say so. */
export type Hit = SearchHit & {
  filename?: string;
  collection_name?: string;
  space_id?: string;
  space_name?: string;
};

export interface FoundDocument {
  id: string;
  title: string;
  filename: string;
  collection: string;
  space: string;
  spaceId: string;
  /** Where it was fetched, if it is a page of a website. */
  web: WebSource | null;
  /** The best first. */
  hits: Hit[];
}

/** The documents in the order of their best hits. */
export function foundDocuments(hits: Hit[]): FoundDocument[] {
  const found = new Map<string, FoundDocument>();
  for (const hit of hits) {
    const known = found.get(hit.document_id);
    if (known) known.hits.push(hit);
    else
      found.set(hit.document_id, {
        id: hit.document_id,
        title: hit.title,
        filename: hit.filename ?? '',
        collection: hit.collection_name ?? '',
        space: hit.space_name ?? '',
        spaceId: hit.space_id ?? '',
        web: hit.web_source ?? null,
        hits: [hit]
      });
  }
  return Array.from(found.values());
}

/** Whether the search itself says that nothing it found is about the question. */
export function isWeak(result: object): boolean {
  return 'relevant' in result && result.relevant === false;
}

/** Who ordered the results, and if not the reranker, why not; nothing if there is nothing to say. */
export function orderText(reranking: Reranking | null | undefined) {
  if (!reranking || reranking.skipped === 'nothing_to_order') return null;
  const { model, skipped } = reranking;
  return { model, key: skipped ? (`search.skipped.${skipped}` as const) : ('search.reranked' as const) };
}
