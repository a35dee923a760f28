// Passages and pages of documents, read when somebody opens them.
import { answer, api } from '$lib/api/client';
import type { Collection, Document, Page, Passage } from '$lib/api/types';

export function readPassage(documentId: string, chunkId: string): Promise<Passage> {
  const params = { path: { document_id: documentId, chunk_id: chunkId } };
  return answer(api.GET('/api/v1/documents/{document_id}/passages/{chunk_id}', { params }));
}

export function readPage(documentId: string, page: number): Promise<Page> {
  const params = { path: { document_id: documentId, page } };
  return answer(api.GET('/api/v1/documents/{document_id}/pages/{page}', { params }));
}

export function readDocument(documentId: string): Promise<Document> {
  return answer(api.GET('/api/v1/documents/{document_id}', { params: { path: { document_id: documentId } } }));
}

export function readCollection(collection_id: string): Promise<Collection> {
  return answer(api.GET('/api/v1/collections/{collection_id}', { params: { path: { collection_id } } }));
}

/** Where the original bytes are. */
export function contentPath(documentId: string): string {
  return `/api/v1/documents/${documentId}/content`;
}

/** The page of this application that shows a passage. */
export function passagePath(documentId: string, chunkId: string): string {
  return `/documents/${documentId}?chunk=${chunkId}`;
}
